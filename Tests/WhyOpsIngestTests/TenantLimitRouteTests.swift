import Testing
import WhyOps

/// What a tenant may send, and what is made of it.
@Suite struct TenantLimitRouteTests {
    private let long = String(repeating: "m", count: 256)

    /// EVT-54
    @Test func longNamesAreRefusedWithTheirPlace() async throws {
        try await withIngest { client in
            let body = """
                [{"eventType":"llm_response","traceId":"t","agentName":"a","content":{"finishReason":"\(long)"},
                "metadata":{"model":"\(long)","provider":"\(long)"}}]
                """
            let reply = try await client.post("/api/events", body)
            #expect(reply.status == 400)
            #expect(
                reply.faults == [
                    "/0/metadata/model model.maxLength", "/0/metadata/provider metadata.provider.maxLength",
                    "/0/content/finishReason finishReason.maxLength",
                ]
            )
            #expect(try await client.get("/api/threads/t").status == 404)
        }
    }

    /// ING-114
    @Test func definitionsHaveALimit() async throws {
        try await withIngest { client in
            let tools = String(repeating: #"{"name":"t"},"#, count: 512) + #"{"name":"t"}"#
            let many = try await client.post(
                "/api/entities/init",
                #"{"agentName":"a","metadata":{"systemPrompt":"x","tools":[\#(tools)]}}"#
            )
            #expect(many.status == 400)
            #expect(many["error"]?["issues"]?.children.map { $0["pointer"]?.string } == ["/metadata/tools"])
            let prompt = String(repeating: "x", count: 2 << 20)
            let large = try await client.post(
                "/api/entities/init",
                #"{"agentName":"a","metadata":{"systemPrompt":"\#(prompt)","tools":[]}}"#
            )
            #expect(large.status == 400)
            #expect(large["error"]?["issues"]?.children.map { $0["rule"]?.string } == ["metadata.maxLength"])
            #expect(try await client.get("/api/entities")["agents"]?.children.isEmpty == true)
        }
    }

    /// ING-13, ING-14, ING-37, ING-41: whatever stands in a path, a query or a body names something or nothing.
    @Test(arguments: [
        "%00", "a%00b", "%ff", "%ED%A0%80", "%F0%9F%98%80", "..", "%2e%2e", "%25", "'%20OR%201=1--", "%0a",
    ])
    func oddIdsAreMissing(_ id: String) async throws {
        try await withIngest { client in
            for path in [
                "dlq/", "threads/", "entities/", "entities/versions/", "agent-settings/", "events/",
            ] {
                let status = try await client.get("/api/" + path + id).status
                #expect(status == 404, "\(path)\(id)")
            }
            for path in [
                "users?agentId=", "threads?agentName=", "threads?agentId=", "threads?externalUserId=", "threads?q=",
                "events?traceId=", "analytics/usage?agentId=", "entities/x?externalUserId=", "threads?model=",
            ] {
                let status = try await client.get("/api/" + path + id).status
                #expect([200, 400, 404].contains(status), "\(path)\(id)")
            }
        }
    }

    @Test func idsWithNulAreMissing() async throws {
        try await withIngest { client in
            let purged = try await client.post("/api/dlq/purge", #"{"ids":["a\u0000b"]}"#)
            #expect(purged.status == 200)
            #expect(purged["purged"]?.integer == 0)
            let replayed = try await client.post("/api/dlq/replay", #"{"ids":["a\u0000b"]}"#)
            #expect(replayed.status == 200)
            #expect(replayed["failed"]?.children.map { $0["code"]?.string } == ["missing"])
            let call =
                #"{"role":"assistant","content":"some \u0000 words","tool_calls":[{"id":"\u0000","type":"function","function":{"name":"x","arguments":"{}"}}]}"#
            let found = try await client.post(
                "/api/threads/match",
                #"{"messages":[\#(call),{"role":"tool","tool_call_id":"\u0000","content":"x"}],"providerId":"\u0000"}"#
            )
            #expect(found.status == 200)
            #expect(found["found"]?.kind == .false)
        }
    }

    /// A match holds its messages several times, and is counted so (ING-25).
    @Test func matchObeysTheBudgetOfBodies() async throws {
        try await withIngest(maximumHeldBytes: 1 << 20) { client in
            let text = String(repeating: "x", count: 300_000)
            let body = #"{"messages":[{"role":"assistant","content":"\#(text)"},{"role":"user","content":"y"}]}"#
            // One that comes alone is always read.
            let status = try await client.post("/api/threads/match", body).status
            #expect(status == 200)
        }
    }
}
