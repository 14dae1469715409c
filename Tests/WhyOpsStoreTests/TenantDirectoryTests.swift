import Foundation
import Synchronization
import Testing
import WhyOps

@testable import WhyOpsStore

/// Who is let in, over a real store and clocks that the test holds (PRX-32 to PRX-34).
struct TenantDirectoryTests {
    private final class Clock: Sendable {
        private let state = Mutex((now: ContinuousClock.now, time: Date().timeIntervalSince1970))
        var now: ContinuousClock.Instant { state.withLock { $0.now } }
        var time: Double { state.withLock { $0.time } }
        func pass(_ seconds: Double) {
            state.withLock {
                $0.now += .seconds(seconds)
                $0.time += seconds
            }
        }
    }

    private func directory(_ store: SQLiteStore, _ clock: Clock) -> TenantDirectory {
        TenantDirectory(store: store, now: { clock.now }, time: { clock.time })
    }

    @Test func arevokedKeyIsRefusedWithinFiveSeconds() async throws {
        try await withStore { store, _ in
            let clock = Clock()
            let directory = directory(store, clock)
            let (key, _) = try await store.createKey(NewKey(name: "k"), in: .home)
            guard case .granted = try await directory.access(forKey: key) else { Issue.record("not let in"); return }
            #expect(directory.known(key) != nil)
            _ = try await store.revokeKey("k", in: .home)
            clock.pass(5)
            #expect(try await directory.access(forKey: key) == .revoked)
        }
    }

    @Test func aKeyEndsAtItsMomentThoughItIsRemembered() async throws {
        try await withStore { store, _ in
            let clock = Clock()
            let directory = directory(store, clock)
            // Ahead of the store, which goes by the real time and however slow the machine is must not call it expired.
            clock.pass(3600)
            var new = NewKey(name: "k")
            new.expiresAt = clock.time + 2
            let (key, _) = try await store.createKey(new, in: .home)
            guard case .granted = try await directory.access(forKey: key) else { Issue.record("not let in"); return }
            clock.pass(1.9)
            guard case .granted = directory.known(key) else { Issue.record("ended early"); return }
            clock.pass(0.1)
            #expect(directory.known(key) == .expired)
        }
    }

    @Test func anUnknownKeyThatIsMadeIsLetInWithinFiveSeconds() async throws {
        try await withStore { store, _ in
            let clock = Clock()
            let directory = directory(store, clock)
            #expect(try await directory.access(forKey: "a-key-to-come-0001") == .unknown)
            try await store.bootstrapKey("a-key-to-come-0001")
            clock.pass(5)
            guard case .granted = try await directory.access(forKey: "a-key-to-come-0001") else {
                Issue.record("not let in")
                return
            }
        }
    }

    @Test func theUseOfAKeyIsWrittenDownOnceAMinute() async throws {
        try await withStore { store, _ in
            let clock = Clock()
            let directory = directory(store, clock)
            let begin = clock.time
            func lastUse(_ expected: Double) async throws -> Bool {
                for _ in 0..<10_000 {
                    if try await store.keyRecords(in: nil)[0].lastUsedAt == expected { return true }
                    await Task.yield()
                }
                return false
            }
            _ = try await directory.access(forKey: "YOPS-test-key-0001")
            #expect(try await lastUse(begin))
            clock.pass(30)
            _ = try await directory.access(forKey: "YOPS-test-key-0001")
            clock.pass(30)
            _ = try await directory.access(forKey: "YOPS-test-key-0001")
            #expect(try await lastUse(begin + 60))
        }
    }
}
