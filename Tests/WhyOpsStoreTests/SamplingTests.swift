import Foundation
import Testing
import WhyOps

@testable import WhyOpsStore

/// ING-26 to ING-29
@Suite struct SamplingTests {
    /// Worked out by hand from the rule: the tenant, the trace and the place between 0 and 1.
    @Test(arguments: [("session-123", 0.1397976957121393), ("session-124", 0.02223555907193468)])
    func placeIsTheOriginals(_ trace: String, _ place: Double) {
        let tenant = Tenant(
            projectID: "user-1",
            environmentID: "3b241101-e2bb-4255-8caf-4136c566a962",
            environmentName: "PRODUCTION",
            keyID: ""
        )
        #expect(SamplingRule.place(of: event(trace: trace, agent: "support-agent"), tenant: tenant) == place)
    }

    private func setting(
        _ change: AgentSettingsChange,
        _ body: @Sendable (any IngestStore, Tenant, String) async throws -> Void
    ) async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(trace: "before")], tenant: tenant)
            let agent = try #require(try await store.agents(page: PageRequest(limit: 1), tenant: tenant).items.first)
            #expect(try await store.setAgentSettings(change, of: agent.id, tenant: tenant) == 1)
            try await body(store, tenant, agent.id)
        }
    }

    @Test func shareOfTracesIsKept() async throws {
        try await setting(AgentSettingsChange(samplingRate: 0.3)) { store, tenant, _ in
            let events = (0..<400).map { event(trace: "trace-\($0)") }
            let results = try await store.append(events, tenant: tenant)
            let kept = zip(events, results).filter { $0.1.status == .saved }
            #expect((60...180).contains(kept.count))
            for (event, result) in zip(events, results) {
                let isKept = SamplingRule.place(of: event, tenant: tenant) <= 0.3
                #expect(result.status == (isKept ? .saved : .sampledOut))
            }
        }
    }

    @Test func decisionHoldsWhateverChanges() async throws {
        try await setting(AgentSettingsChange(samplingRate: 0)) { store, tenant, agentID in
            #expect(try await store.append([event(trace: "x")], tenant: tenant).map(\.status) == [.sampledOut])
            #expect(try await store.append([event(trace: "before")], tenant: tenant).map(\.status) == [.saved])
            _ = try await store.setAgentSettings(AgentSettingsChange(samplingRate: 1), of: agentID, tenant: tenant)
            let again = try await store.append(
                [event(trace: "x", agent: "another"), event(trace: "y")],
                tenant: tenant
            )
            #expect(again.map(\.status) == [.sampledOut, .saved])
            #expect(try await store.thread("x", events: PageRequest(limit: 1), tenant: tenant) == nil)
        }
    }

    @Test func limitsCountTracesOfADayAndSpansOfATrace() async throws {
        let change = AgentSettingsChange(maxTraces: 2, maxSpans: 2)
        try await setting(change) { store, tenant, _ in
            let traces = try await store.append([event(trace: "2"), event(trace: "3")], tenant: tenant)
            #expect(traces.map(\.status) == [.saved, .sampledOut])
            let spans = try await store.append(
                ["a", "b", "a", nil, "b"].map { event(trace: "2", span: $0) },
                tenant: tenant
            )
            // The first event of the trace has a span of its own.
            #expect(spans.map(\.status) == [.saved, .sampledOut, .saved, .sampledOut, .sampledOut])
            #expect(spans.map(\.stepId) == [2, 0, 3, 0, 0])
        }
    }

    /// The spans of a trace are found once, and known from then on, whoever adds some.
    @Test func spansOfOthersCountAndSpansThatAreGoneDoNot() async throws {
        try await setting(AgentSettingsChange(maxSpans: 2)) { store, tenant, _ in
            func append(_ agent: String, _ span: String) async throws -> AppendResult.Status? {
                try await store.append([event(trace: "s", agent: agent, span: span)], tenant: tenant).first?.status
            }
            #expect(try await append("agent", "a") == .saved)
            #expect(try await append("other", "b") == .saved)
            #expect(try await append("agent", "c") == .sampledOut)
            // Another agent has no limit.
            #expect(try await append("other", "c") == .saved)
            #expect(try await append("agent", "c") == .saved)
            #expect(try await append("agent", "d") == .sampledOut)
            let agents = try await store.agents(page: PageRequest(limit: 9), tenant: tenant).items
            let other = try #require(agents.first { $0.name == "other" })
            _ = try await store.deleteAgent(id: other.id, tenant: tenant)
            // "a" and "c" are left.
            #expect(try await append("agent", "b") == .sampledOut)
            #expect(try await append("agent", "c") == .saved)
        }
    }
}
