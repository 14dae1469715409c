import Synchronization
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// Which trace noted which key of lineage, in memory and in the store (TRC-39 to TRC-41).
struct LineageTableTests {
    /// A clock that the test moves.
    private final class Clock: Sendable {
        private let state = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { state.withLock { $0 } }
        func pass(hours: Double) { state.withLock { $0 += .seconds(hours * 3600) } }
    }

    private static let other = Tenant(projectID: "p", environmentID: "other", environmentName: "O", keyID: "k")

    private func withStore(_ body: (SwitchedStore) async throws -> Void) async throws {
        try await withFolder { folder in
            let store = try await SQLiteStore.open(path: folder + "/test.sqlite", logger: quiet)
            try await body(SwitchedStore(store))
            try await store.close()
        }
    }

    private func table(_ store: SwitchedStore, capacity: Int = 1000, clock: Clock = Clock()) -> LineageTable {
        LineageTable(
            capacity: capacity,
            store: store,
            patience: StorePatience(limit: .seconds(60)),
            now: { clock.now }
        )
    }

    /// The lineage of a request that brings a reply back, whose keys are what that reply noted.
    private func lineage(_ question: String, agent: String = "agent") throws -> Lineage {
        // Long enough to be told from others (TRC-38).
        let answer = String(repeating: "To \(question) the answer is long. ", count: 20)
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"\#(question)"},"#
            + #"{"role":"assistant","content":"\#(answer)"},{"role":"user","content":"And then?"}]}"#
        return Lineage(of: try RequestReading(Array(body.utf8), format: .chat), keys: try keys, agent: agent, user: nil)
    }

    private var keys: SigningKeys? {
        get throws { SigningKeys([try #require(SigningKey(id: 0, bytes: Array(repeating: 7, count: 32)))]) }
    }

    private func trace(_ name: String) throws -> TraceID { try #require(TraceID(name)) }

    @Test func aConversationFindsTheTraceThatNotedIt() async throws {
        try await withStore { store in
            let table = table(store)
            let lineage = try lineage("One?")
            #expect(await table.trace(of: lineage, tenant: tenant) == nil)
            table.insert(lineage.sought.flatMap { $0 }, trace: try trace("trace-1"), tenant: tenant)
            #expect(await table.trace(of: lineage, tenant: tenant)?.text == "trace-1")
            #expect(await table.trace(of: try self.lineage("Two?"), tenant: tenant) == nil)
        }
    }

    @Test func environmentsAreApart() async throws {
        try await withStore { store in
            let table = table(store)
            let lineage = try lineage("One?")
            table.insert(lineage.sought.flatMap { $0 }, trace: try trace("trace-1"), tenant: tenant)
            #expect(await table.trace(of: lineage, tenant: Self.other) == nil)
            table.insert(lineage.sought.flatMap { $0 }, trace: try trace("trace-2"), tenant: Self.other)
            #expect(await table.trace(of: lineage, tenant: tenant)?.text == "trace-1")
            #expect(await table.trace(of: lineage, tenant: Self.other)?.text == "trace-2")
        }
    }

    @Test func aKeyOfTwoTracesDecidesNothing() async throws {
        try await withStore { store in
            let clock = Clock()
            let table = table(store, clock: clock)
            let lineage = try lineage("One?")
            let keys = lineage.sought.flatMap { $0 }
            table.insert(keys, trace: try trace("trace-1"), tenant: tenant)
            // Also where the other one comes in a later generation.
            clock.pass(hours: 13)
            table.insert(keys, trace: try trace("trace-2"), tenant: tenant)
            #expect(await table.trace(of: lineage, tenant: tenant) == nil)
        }
    }

    @Test func aStoreThatDoesNotAnswerLeavesNothingDecided() async throws {
        try await withStore { store in
            let table = table(store)
            let lineage = try lineage("One?")
            table.insert(lineage.sought.flatMap { $0 }, trace: try trace("trace-1"), tenant: tenant)
            store.leave()
            #expect(await table.trace(of: lineage, tenant: tenant) == nil)
            store.comeBack()
            #expect(await table.trace(of: lineage, tenant: tenant)?.text == "trace-1")
        }
    }

    @Test func whatIsOldIsForgottenHere() async throws {
        try await withStore { store in
            let clock = Clock()
            let table = table(store, clock: clock)
            let lineage = try lineage("One?")
            let others = try self.lineage("Two?").sought.flatMap { $0 }
            table.insert(lineage.sought.flatMap { $0 }, trace: try trace("trace-1"), tenant: tenant)
            clock.pass(hours: 12.5)
            table.insert(others, trace: try trace("trace-2"), tenant: tenant)
            #expect(await table.trace(of: lineage, tenant: tenant)?.text == "trace-1")
            clock.pass(hours: 12.5)
            table.insert(others, trace: try trace("trace-2"), tenant: tenant)
            #expect(await table.trace(of: lineage, tenant: tenant) == nil)
        }
    }

    @Test func whatIsRememberedIsBounded() async throws {
        try await withStore { store in
            let table = table(store, capacity: 40)
            let lineages = try (0..<200).map { try lineage("Question \($0)?") }
            for lineage in lineages {
                table.insert(lineage.sought.flatMap { $0 }, trace: try trace("trace-1"), tenant: tenant)
            }
            var known = 0
            for lineage in lineages where await table.trace(of: lineage, tenant: tenant) != nil { known += 1 }
            #expect(known > 0 && known <= 40)
            #expect(await table.trace(of: lineages[199], tenant: tenant)?.text == "trace-1")
        }
    }

    @Test func aConversationWithoutKeysAsksNobody() async throws {
        try await withStore { store in
            let body = Array(#"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#.utf8)
            let reading = try RequestReading(body, format: .chat)
            let first = Lineage(of: reading, keys: try keys, agent: "agent", user: nil)
            guard case .known(nil) = table(store).lookUp(first, tenant: tenant) else {
                Issue.record("a first request waits for the store")
                return
            }
        }
    }
}
