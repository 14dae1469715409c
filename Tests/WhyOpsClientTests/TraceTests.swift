import Testing
import WhyOps

@testable import WhyOpsClient

/// The methods of a trace, its spans and its proxy (CLT-1, CLT-3, CLT-13 to CLT-16).
@Suite(.timeLimit(.minutes(1))) struct TraceTests {
    struct Broken: Error, CustomStringConvertible {
        var description: String { "the carrier is closed" }
    }

    @Test func nineMethodsRecordNineKinds() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service)
            let trace = client.trace("t")
            let calls = [ToolCall(name: "f", arguments: ["x": 1])]
            await trace.userMessage([.user("Hi")])
            await trace.llmThinking("Hm.")
            await trace.llmResponse(model: "m", provider: "p", content: "Hello")
            let span = await trace.toolCallRequest(tool: "f", toolCalls: calls)
            await trace.toolCallResponse(tool: "f", spanId: span, toolCalls: calls, toolResults: ["y": 2])
            await trace.toolResult(toolName: "f", output: ["y": 2])
            await trace.embeddingRequest(["a"])
            await trace.embeddingResponse(model: "m", provider: "p", embeddingCount: 1, firstEmbeddingDimensions: 8)
            await trace.error("boom")
            #expect(await client.settle().acknowledged == 9)
            let events = service.requests.flatMap(\.events)
            let kinds = [
                "user_message", "llm_thinking", "llm_response", "tool_call_request", "tool_call_response",
                "tool_result",
                "embedding_request", "embedding_response", "error",
            ]
            #expect(events.map { $0["eventType"]?.string } == kinds)
            #expect(events[3]["spanId"]?.string == span && events[4]["spanId"]?.string == span)
            let faults = try service.requests.flatMap {
                EventValidator(profile: .strict).faults(in: try JSONDocument($0.body))
            }
            #expect(faults.isEmpty)
        }
    }

    @Test func aToolSpanHasBothEndsAndItsLatency() async throws {
        try await ServiceDouble.with { service in
            let time = TestTime()
            let client = Fixture.client(of: service, time: time)
            let value = await client.trace("t").withToolSpan("f", arguments: ["x": 1]) { _ in
                time.advance(by: .milliseconds(42))
                return ["y": 2]
            }
            #expect(value == ["y": 2])
            _ = await client.settle()
            let events = service.requests.flatMap(\.events)
            #expect(events.map { $0["eventType"]?.string } == ["tool_call_request", "tool_call_response"])
            #expect(Set(events.map { $0["spanId"]?.string }).count == 1 && events[0]["spanId"] != nil)
            #expect(events[1]["metadata"]?["latencyMs"]?.integer == 42)
            #expect(events[1]["content"]?["toolResults"]?["y"]?.integer == 2)
            #expect(events[1]["content"]?["toolCalls"]?.children.first?["arguments"]?["x"]?.integer == 1)
        }
    }

    @Test func aToolThatFailsIsRecordedAndThrowsItsOwnError() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service)
            await #expect(throws: Broken.self) {
                try await client.trace("t").withToolSpan("f") { _ throws(Broken) -> Int in throw Broken() }
            }
            _ = await client.settle()
            let events = service.requests.flatMap(\.events)
            #expect(events.map { $0["eventType"]?.string } == ["tool_call_request", "tool_call_response", "error"])
            #expect(events[1]["content"]?["toolResults"]?["error"]?.string == "the carrier is closed")
            #expect(events[2]["content"]?["message"]?.string == "the carrier is closed")
            #expect(Set(events.map { $0["spanId"]?.string }).count == 1)
        }
    }

    @Test func providersClientsAreSentToTheProxy() throws {
        let client = Fixture.client(of: nil, url: "https://whyops.test///")
        let open = client.trace("t", externalUserId: "u").proxyConfiguration(for: .openAI)
        #expect(open.baseURL == "https://whyops.test/v1" && open.apiKey == Fixture.key)
        let fields = [
            "Authorization": "Bearer \(Fixture.key)", "X-Agent-Name": "customer-support-agent", "X-Trace-ID": "t",
            "X-External-User-Id": "u",
        ]
        #expect(open.headerFields == fields)
        let other = client.proxyConfiguration(for: .anthropic)
        #expect(other.baseURL == "https://whyops.test")
        #expect(other.headerFields == ["x-api-key": Fixture.key, "X-Agent-Name": "customer-support-agent"])
        let hostile = client.proxyConfiguration(for: .openAI, traceId: "t\r\nX-Evil: 1", externalUserId: "u\u{0}")
        #expect(hostile.headerFields.keys.sorted() == ["Authorization", "X-Agent-Name"])
    }

    @Test func theHostedServiceIsTheDefault() {
        let client = AgentClient(apiKey: "k", agentName: "a", agentMetadata: AgentMetadata(systemPrompt: "p"))
        #expect(client.endpoints.events == "https://a.whyops.com/api/events/ingest?partial=true")
        #expect(client.endpoints.registration == "https://a.whyops.com/api/entities/init")
        #expect(client.endpoints.fallbackRegistration == "https://proxy.whyops.com/v1/agents/init")
    }

    @Test func noDescriptionHoldsTheKey() async throws {
        try await ServiceDouble.with { _, _ in
            .status(400, #"{"error":"what is \#(Fixture.key) for?"}"#)
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports)
            let trace = client.trace("t")
            trace.record(.error("boom"))
            _ = await client.settle()
            #expect(reports.all.first?.message == "what is (hidden) for?")
            var dumped = ""
            for value in [client, trace, client.proxyConfiguration(for: .openAI), reports.all] as [Any] {
                dump(value, to: &dumped)
                dumped += "\(value) \(String(reflecting: value))"
            }
            #expect(!dumped.contains(Fixture.key))
        }
    }
}
