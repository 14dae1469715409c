import Testing
import WhyOps

@testable import WhyOpsStore

@Suite struct ThreadTests {
    private func second(_ second: Int) -> String { "2026-01-01T00:00:0\(second).000Z" }

    private func sample() -> [Event] {
        let usage = #""usage":{"promptTokens":10,"completionTokens":5,"cacheReadTokens":2}"#
        return [
            event(timestamp: second(0)),
            event(
                .llmResponse,
                timestamp: second(1),
                content: #"{"finishReason":"stop"}"#,
                metadata: #"{"model":"m1","provider":"p","latencyMs":300.9,\#(usage)}"#
            ),
            event(.error, timestamp: second(4)),
            event(
                .llmResponse,
                timestamp: second(3),
                metadata:
                    #"{"model":"m2","provider":"p","latencyMs":100,"usage":{"total_tokens":7,"input_tokens":"x"}}"#
            ),
        ]
    }

    @Test func totalsAddUp() async throws {
        try await withStore { store, tenant in
            _ = try await store.append(sample(), tenant: tenant)
            let detail = try #require(
                try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)
            )
            #expect(detail.thread.eventCount == 4)
            #expect(detail.totalTokens == 22)
            #expect(detail.totalLatency == 400)
            #expect(detail.errorCount == 1)
            #expect(detail.thread.firstEventAt == second(0))
            #expect(detail.thread.lastEventAt == second(4))
            #expect(detail.thread.model == "m2")
            #expect(detail.models.map(\.model) == ["m1", "m2"])
            #expect(detail.models.map(\.isLast) == [false, true])
            #expect(detail.models[0].facts.cacheReadTokens == 2)
        }
    }

    @Test func eventsAreInOrderOfTimeAndLateOnesMarked() async throws {
        try await withStore { store, tenant in
            _ = try await store.append(sample() + [event(step: 9, timestamp: second(2))], tenant: tenant)
            let detail = try #require(
                try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)
            )
            #expect(detail.entries.compactMap(\.stored.event.stepId) == [1, 2, 9, 4, 3])
            #expect(detail.entries.map(\.isLate) == [false, false, false, true, true])
            #expect(detail.entries.map(\.nextTimestamp) == [second(1), second(2), second(3), second(4), nil])
            #expect(detail.hasLateEvents)
            let part = try await store.thread("trace", events: PageRequest(limit: 2, offset: 3), tenant: tenant)
            #expect(part?.entries.map(\.isLate) == [true, true])
        }
    }

    @Test func threadsAreFilteredAndPaged() async throws {
        try await withStore { store, tenant in
            for index in 0..<5 {
                _ = try await store.append(
                    [event(trace: "t\(index)", agent: index < 2 ? "a" : "b")],
                    tenant: tenant
                )
            }
            let agent = ThreadQuery(agentName: "a", page: PageRequest(limit: 10))
            #expect(
                try await store.threads(matching: agent, tenant: tenant).items.map(\.traceId).sorted() == ["t0", "t1"]
            )
            let page = try await store.threads(
                matching: ThreadQuery(page: PageRequest(limit: 2, offset: 4)),
                tenant: tenant
            )
            #expect(page.total == 5)
            #expect(page.items.count == 1)
            let future = ThreadQuery(startDate: Timestamp("2999-01-01T00:00:00Z"), page: PageRequest(limit: 10))
            #expect(try await store.threads(matching: future, tenant: tenant).total == 0)
        }
    }

    @Test(arguments: ["1.10", "12345678901234567890", #"{"z":1,"a":1e400}"#, #""\ud800""#, #"[ 1 ,  2 ]"#, "null"])
    func contentComesBackByteForByte(_ content: String) async throws {
        try await withStore { store, tenant in
            let saved = try await store.append([event(content: content)], tenant: tenant)
            let found = try await store.event(id: saved[0].id, tenant: tenant)
            #expect(found?.event.content == Array(content.utf8))
            #expect(found?.event.metadata == nil)
        }
    }
}
