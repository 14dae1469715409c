import Testing
import WhyOps

@testable import WhyOpsStore

@Suite struct AgentTests {
    private func request(_ prompt: String, name: String = "agent") throws -> AgentRegistrationRequest {
        let body = #"{"agentName":"\#(name)","metadata":{"systemPrompt":"\#(prompt)","tools":[]}}"#
        return try AgentRegistrationRequest(JSONDocument(Array(body.utf8)).root)
    }

    @Test func goingBackToAnOldDefinitionReusesItsVersion() async throws {
        try await withStore { store, tenant in
            let first = try await store.registerAgent(request("A"), tenant: tenant)
            let second = try await store.registerAgent(request("B"), tenant: tenant)
            let third = try await store.registerAgent(request("A"), tenant: tenant)
            #expect([first.isNew, second.isNew, third.isNew] == [true, true, false])
            #expect(first.agentID == second.agentID)
            #expect(third.agentVersionID == first.agentVersionID)
            #expect(second.agentVersionID != first.agentVersionID)
            let saved = try await store.append([event()], tenant: tenant)
            #expect(try await store.event(id: saved[0].id, tenant: tenant)?.agentVersionID == first.agentVersionID)
        }
    }

    @Test func traceKeepsItsFirstAgentAndEveryEventItsOwn() async throws {
        try await withStore { store, tenant in
            let planner = try await store.registerAgent(request("p", name: "planner"), tenant: tenant)
            _ = try await store.append([event(agent: "planner")], tenant: tenant)
            let next = try await store.registerAgent(request("q", name: "planner"), tenant: tenant)
            _ = try await store.append([event(agent: "planner"), event(agent: "helper")], tenant: tenant)
            let detail = try #require(
                try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)
            )
            #expect(detail.thread.agentName == "planner")
            #expect(detail.thread.agentVersionID == planner.agentVersionID)
            #expect(detail.entries.map(\.stored.event.agentName) == ["planner", "planner", "helper"])
            #expect(detail.entries[1].stored.agentVersionID == next.agentVersionID)
        }
    }

    @Test func sameNameInTwoEnvironmentsIsTwoAgents() async throws {
        try await withStore { store, tenant in
            let other = try await store.bootstrapKey("YOPS-test-key-0002", environment: "STAGING")
            let mine = try await store.registerAgent(request("A"), tenant: tenant)
            let theirs = try await store.registerAgent(request("A"), tenant: other)
            #expect(theirs.isNew)
            #expect(mine.agentID != theirs.agentID)
            #expect(mine.versionHash == theirs.versionHash)
        }
    }

    @Test(arguments: [
        (#"{"systemPrompt":"From metadata","tools":[{"name":"t"}]}"#, "null", "From metadata", #"[{"name":"t"}]"#),
        ("{}", #"[{"role":"system","content":"From content"},{"role":"user","content":"x"}]"#, "From content", "[]"),
        ("{}", #"{"messages":[{"role":"developer","content":"Inside"}]}"#, "Inside", "[]"),
        ("{}", #""plain""#, "(Auto-initialized from ingested trace event)", "[]"),
    ])
    func unknownAgentIsRegisteredFromItsFirstEvent(
        _ metadata: String,
        _ content: String,
        _ prompt: String,
        _ tools: String
    ) async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(content: content, metadata: metadata)], tenant: tenant)
            let detail = try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)
            let metadata = try #require(detail?.thread.agentMetadata)
            let definition = try JSONDocument(metadata).root
            #expect(definition["systemPrompt"]?.string == prompt)
            #expect(definition["tools"].map { String(decoding: $0.slice, as: UTF8.self) } == tools)
        }
    }
}
