import Dispatch
import Foundation
import Synchronization
import Testing
import WhyOps

@testable import WhyOpsProxy

/// What the disk is told, and what comes of it when the disk fails or is slow (PRX-61, PRX-71).
struct SpoolSyncTests {
    /// A disk whose syncs the test watches, holds and lets fail.
    private final class Disk: Sendable {
        struct State {
            var failing: Set<String> = []
            /// The names of the files that were synced, in order.
            var synced: [String] = []
            var running = 0
            var mostAtOnce = 0
        }

        let state = Mutex(State())
        let gate = DispatchSemaphore(value: 0)
        let holds = Switch()

        var operations: SpoolDisk {
            SpoolDisk(
                sync: { (file) throws(SpoolError) in try self.sync(file) },
                retryDelay: .milliseconds(1)
            )
        }

        private func sync(_ file: SpoolFile) throws(SpoolError) {
            let name = String(file.path.split(separator: "/").last ?? "")
            let fails = state.withLock { state in
                state.running += 1
                state.mostAtOnce = max(state.mostAtOnce, state.running)
                return state.failing.contains { name.hasPrefix($0) }
            }
            if holds.isOn { gate.wait() }
            state.withLock { state in
                state.running -= 1
                if !fails { state.synced.append(name) }
            }
            if fails { throw SpoolError("no disk") }
        }

        func synced(_ beginning: String) -> Int {
            state.withLock { $0.synced.count { $0.hasPrefix(beginning) } }
        }
    }

    private static let first = "0000000000000001-"
    private static let second = "0000000000000002-"

    private func spool(_ folder: String, _ disk: Disk) throws -> Spool {
        try Spool(
            SpoolConfiguration(folder: folder + "/spool", maximumBytes: 1 << 20),
            logger: quiet,
            disk: disk.operations
        )
    }

    @Test(.timeLimit(.minutes(5)))
    func fileThatFailsKeepsNoOtherFromTheDiskAndIsTriedAgain() async throws {
        try await withFolder { folder in
            let disk = Disk()
            let spool = try spool(folder, disk)
            disk.state.withLock { $0.failing = [Self.first] }
            _ = spool.append(.events([event(0, size: 60_000)], tenant))
            _ = spool.append(.events([event(1, size: 60_000)], tenant))
            while disk.synced(Self.second) == 0 || disk.synced("spool") == 0 { await Task.yield() }
            #expect(!spool.isSynced && disk.synced(Self.first) == 0)
            disk.state.withLock { $0.failing = [] }
            while !spool.isSynced { await Task.yield() }
            #expect(disk.synced(Self.first) == 1)
            #expect(keys(await drain(spool)) == ["0", "1"])
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func folderThatFailsIsTriedAgain() async throws {
        try await withFolder { folder in
            let disk = Disk()
            let spool = try spool(folder, disk)
            disk.state.withLock { $0.failing = ["spool"] }
            _ = spool.append(.events([event(0)], tenant))
            while disk.synced(Self.first) == 0 { await Task.yield() }
            #expect(!spool.isSynced)
            disk.state.withLock { $0.failing = [] }
            while !spool.isSynced { await Task.yield() }
            #expect(disk.synced("spool") > 0)
        }
    }

    @Test func whatFailedIsWrittenOnceMore() async throws {
        try await withFolder { folder in
            let file = try SpoolFile(folder + "/file", .new)
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try file.write(bytes, at: 0)
            let before = try file.modified()
            while try file.modified() == before { try file.rewrite(bytes.count) }
            #expect(try file.read(bytes.count + 1, at: 0) == bytes)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func slowDiskTakesOneThreadAndGetsEverything() async throws {
        try await withFolder { folder in
            let disk = Disk()
            let spool = try spool(folder, disk)
            disk.holds.isOn = true
            for number in 0..<3 {
                _ = spool.append(.events([event(number, size: 60_000)], tenant))
                while disk.state.withLock({ $0.running }) == 0 { await Task.yield() }
                // Long enough for the sync of what has just come to be due.
                let due = ContinuousClock.now + .milliseconds(20)
                while ContinuousClock.now < due { await Task.yield() }
                #expect(!spool.isSynced)
            }
            disk.holds.isOn = false
            disk.gate.signal()
            while !spool.isSynced { await Task.yield() }
            #expect(disk.state.withLock { $0.mostAtOnce } == 1)
            for number in 1...3 { #expect(disk.synced("000000000000000\(number)-") >= 1) }
        }
    }
}

extension SpoolFile {
    /// When it was written last.
    fileprivate func modified() throws -> Date {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
    }
}
