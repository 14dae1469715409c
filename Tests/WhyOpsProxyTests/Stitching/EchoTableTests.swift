import Synchronization
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// How long a node remembers which trace gave out an id (TRC-51).
struct EchoTableTests {
    private final class Clock: Sendable {
        private let state = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { state.withLock { $0 } }
        func pass(days: Int) { state.withLock { $0 += .seconds(days * 24 * 3600) } }
    }

    private func turn(_ text: String) throws -> AssistantTurn {
        let body =
            #"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"\#(text)","type":"#
            + #""function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"x"}]}"#
        return try #require(try RequestReading(Array(body.utf8), format: .chat).turns.first)
    }

    @Test func anIdIsForgottenWhenTheStoreForgetsIt() async throws {
        try await withFolder { folder in
            let store = try await SQLiteStore.open(path: folder + "/test.sqlite", logger: quiet)
            let clock = Clock()
            let table = EchoTable(
                capacity: 100,
                store: store,
                recorder: EventRecorder(store: store, logger: quiet),
                patience: StorePatience(limit: .seconds(60)),
                now: { clock.now }
            )
            let trace = try #require(TraceID("trace-1"))
            let (first, last) = (try turn("call_first"), try turn("call_last"))
            func known(_ turn: AssistantTurn) async throws -> [TraceID] {
                Array(try await table.traces(of: [turn], tenant: tenant).value().values)
            }
            table.insert(first.echoes, trace: trace, tenant: tenant)
            clock.pass(days: 14)
            #expect(try await known(first) == [trace])
            table.insert(last.echoes, trace: trace, tenant: tenant)
            clock.pass(days: 15)
            // 29 days and 15 days old.
            #expect(try await known(first) == [trace])
            #expect(try await known(last) == [trace])
            clock.pass(days: 1)
            #expect(try await known(first) == [])
            clock.pass(days: 15)
            #expect(try await known(last) == [])
            // However long nobody has asked.
            table.insert(first.echoes, trace: trace, tenant: tenant)
            clock.pass(days: 31)
            #expect(try await known(first) == [])
            try await store.close()
        }
    }

    @Test func anIdThatAnotherTraceGivesOutLaterProvesNothing() throws {
        let start = ContinuousClock.now
        var links = EchoGenerations(capacity: 10, lifetime: .seconds(100), at: start)
        let ids = try turn("call_1").echoes
        links.insert(ids, trace: try #require(TraceID("a")), environment: "e", at: start)
        links.insert(ids, trace: try #require(TraceID("b")), environment: "e", at: start + .seconds(60))
        #expect(links.knowledge(of: ids, environment: "e", at: start + .seconds(61)).ambiguous == Set(ids))
        #expect(links.knowledge(of: ids, environment: "f", at: start + .seconds(61)).ambiguous.isEmpty)
    }
}
