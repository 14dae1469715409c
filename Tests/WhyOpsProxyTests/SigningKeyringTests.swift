import Logging
import Synchronization
import Testing
import WhyOps
import WhyOpsStore

@testable import WhyOpsProxy

/// The keyring over a store and a clock that the test holds (PRX-28, PRX-30).
struct SigningKeyringTests {
    /// What the store answers, and when it is.
    private final class World: Sendable {
        struct State {
            var now = ContinuousClock.now
            var answer: StoredSigningKeys?
            var reads = 0
            var asked: [Bool] = []
        }

        let state = Mutex(State())

        func read(_ makesFirst: Bool) throws -> StoredSigningKeys {
            try state.withLock {
                $0.reads += 1
                $0.asked.append(makesFirst)
                guard let answer = $0.answer else { throw StoreError(.unavailable, "away") }
                return answer
            }
        }

        func pass(_ seconds: Double) { state.withLock { $0.now += .seconds(seconds) } }
        func answer(_ keys: StoredSigningKeys?) { state.withLock { $0.answer = keys } }
        var reads: Int { state.withLock { $0.reads } }
    }

    private static let tenant = Tenant(projectID: "p", environmentID: "e", environmentName: "E", keyID: "k")
    private static let stranger = Tenant(projectID: "p", environmentID: "other", environmentName: "O", keyID: "k")

    private func key(_ id: UInt8) throws -> SigningKey {
        try #require(SigningKey(id: id, bytes: Array(repeating: id + 1, count: 32)))
    }

    private func keyring(_ world: World, given: SigningKeyring.Given = .init()) -> SigningKeyring {
        SigningKeyring(
            given: given,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { world.state.withLock { $0.now } },
            read: { try world.read($1) }
        )
    }

    /// Asks until a read that began in the background has changed the answer.
    private func settle(_ keyring: SigningKeyring, until isDone: (SigningKeys?) -> Bool) async -> Bool {
        for _ in 0..<100_000 {
            if isDone(await keyring.keys(of: Self.tenant)) { return true }
            await Task.yield()
        }
        return false
    }

    @Test func aChangeIsFollowedWithinTwentySeconds() async throws {
        let world = World()
        let ring = keyring(world)
        world.answer(StoredSigningKeys(keys: [try key(0)]))
        #expect(await ring.keys(of: Self.tenant)?.active.id == 0)
        world.answer(StoredSigningKeys(keys: [try key(1)]))
        world.pass(9)
        #expect(await ring.keys(of: Self.tenant)?.active.id == 0)
        #expect(world.reads == 1)
        // Read again beside the request, which does not wait for it.
        world.pass(1)
        #expect(await settle(ring) { $0?.active.id == 1 })
        #expect(world.reads == 2)
    }

    @Test(arguments: [20.0, 59, 3600])
    func aChangeIsFollowedAlsoByTheFirstRequestInALongTime(_ seconds: Double) async throws {
        let world = World()
        let ring = keyring(world)
        world.answer(StoredSigningKeys(keys: [try key(0)]))
        #expect(await ring.keys(of: Self.tenant)?.active.id == 0)
        world.answer(StoredSigningKeys(keys: [try key(1)]))
        world.pass(seconds)
        #expect(await ring.keys(of: Self.tenant)?.active.id == 1)
    }

    @Test func aStoreThatHangsHoldsOnlyTheFirstRequestsUp() async throws {
        let world = World()
        let gate = AsyncStream<Void>.makeStream()
        let held = Mutex(false)
        let ring = SigningKeyring(
            given: .init(),
            logger: quiet,
            now: { world.state.withLock { $0.now } },
            read: { _, makesFirst in
                if held.withLock({ $0 }) { for await _ in gate.stream {} }
                return try world.read(makesFirst)
            }
        )
        world.answer(StoredSigningKeys(keys: [try key(0)]))
        #expect(await ring.keys(of: Self.tenant)?.active.id == 0)
        held.withLock { $0 = true }
        world.pass(30)
        // A read begins, for which the first requests wait a while; later ones do not.
        if case .known = ring.lookUp(Self.tenant) { Issue.record("nobody asks the store") }
        world.pass(2)
        if case .known(let keys) = ring.lookUp(Self.tenant) {
            #expect(keys?.active.id == 0)
        } else {
            Issue.record("a request waits for a store that hangs")
        }
        gate.continuation.finish()
    }

    @Test func keysThatCannotBeReadAgainAreUsedForAMinute() async throws {
        let world = World()
        let ring = keyring(world)
        world.answer(StoredSigningKeys(keys: [try key(0)]))
        _ = await ring.keys(of: Self.tenant)
        world.answer(nil)
        world.pass(59)
        #expect(await ring.keys(of: Self.tenant)?.active.id == 0)
        world.pass(1)
        #expect(await ring.keys(of: Self.tenant) == nil)
        world.answer(StoredSigningKeys(keys: [try key(0)]))
        world.pass(1)
        #expect(await settle(ring) { $0?.active.id == 0 })
    }

    @Test func manyWhoAskAtOnceReadOnce() async throws {
        let world = World()
        let ring = keyring(world)
        world.answer(StoredSigningKeys(keys: [try key(0)]))
        await withTaskGroup { group in
            for _ in 0..<200 { group.addTask { await ring.keys(of: Self.tenant)?.active.id } }
            for await id in group { #expect(id == 0) }
        }
        #expect(world.reads == 1)
    }

    @Test func aKeyThatDoesNotOpenTakesNoOtherWithIt() async throws {
        let world = World()
        world.answer(StoredSigningKeys(keys: [try key(2)], unopened: [0]))
        #expect(await keyring(world).keys(of: Self.tenant)?.active.id == 2)
        world.answer(StoredSigningKeys(keys: [], unopened: [0]))
        #expect(await keyring(world).keys(of: Self.tenant) == nil)
    }

    @Test func givenKeysAreForTheirEnvironmentAlone() async throws {
        let world = World()
        world.answer(StoredSigningKeys(keys: [try key(0)]))
        let ring = keyring(world, given: .init(keys: [try key(5)], environmentID: "e"))
        let frame = try #require(TraceID("trace-1").flatMap { InvisibleSignature.encodeV2($0, with: try key(0)) })
        let mine = try #require(await ring.keys(of: Self.tenant))
        #expect(mine.active.id == 5)
        #expect(InvisibleSignature.extract(from: frame.span, keys: mine) != nil)
        #expect(await ring.keys(of: Self.stranger)?.active.id == 0)
        // The store makes no first key where one was given.
        #expect(world.state.withLock { $0.asked } == [false, true])
    }

    @Test func givenKeysNeedNoStore() async throws {
        let world = World()
        let ring = keyring(world, given: .init(keys: [try key(5)], environmentID: "e"))
        #expect(await ring.keys(of: Self.tenant)?.active.id == 5)
        #expect(await ring.keys(of: Self.stranger) == nil)
    }
}
