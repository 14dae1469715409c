import Testing
import WhyOps

@Suite struct ThreadRouteTests {
    private let conversation = """
        [{"eventType":"user_message","traceId":"a/b c","agentName":"support","timestamp":"2026-01-01T00:00:00Z",
          "metadata":{"systemPrompt":"Be kind.","tools":[{"name":"t"}]}},
         {"eventType":"llm_response","traceId":"a/b c","agentName":"support","timestamp":"2026-01-01T00:00:01+00:00",
          "content":{"content":"Hi","finishReason":"stop"},
          "metadata":{"model":"m","provider":"p","latencyMs":301,"usage":{"promptTokens":3,"completionTokens":4}}},
         {"eventType":"error","traceId":"a/b c","agentName":"support","timestamp":"2026-01-01T00:00:03Z"}]
        """

    @Test func threadHasItsEventsAndTotals() async throws {
        try await withIngest { client in
            #expect(try await client.post("/api/events", conversation).status == 201)
            let thread = try await client.get(
                "/api/threads/a%2Fb%20c?include=systemPrompt,tools,metadata&eventInclude=content&eventLimit=2"
            )
            #expect(thread.status == 200)
            #expect(thread["success"]?.kind == .true)
            #expect(thread["threadId"]?.string == "a/b c")
            #expect(thread["entityName"]?.string == "support")
            #expect(thread["systemPrompt"]?.string == "Be kind.")
            #expect(thread["tools"].map { String(decoding: $0.slice, as: UTF8.self) } == #"[{"name":"t"}]"#)
            #expect(thread["metadata"]?["description"] != nil)
            #expect(thread["eventCount"]?.integer == 3)
            #expect(thread["totalTokens"]?.integer == 7)
            #expect(thread["totalLatency"]?.integer == 301)
            #expect(thread["avgLatency"].map { String(decoding: $0.slice, as: UTF8.self).prefix(7) } == "100.333")
            #expect(thread["errorCount"]?.integer == 1)
            #expect(thread["duration"]?.integer == 3000)
            #expect(thread["hasLateEvents"]?.kind == .false)
            #expect(thread["cost"]?.children.isEmpty == true)
            #expect(thread["models"]?.children.first?["inputTokens"]?.integer == 3)
            #expect(thread.text.contains(#""eventsPagination":{"total":3,"limit":2,"offset":0,"hasMore":true}"#))
            let events = thread["events"]?.children ?? []
            #expect(events.compactMap { $0["duration"]?.integer } == [1000, 2000])
            #expect(events.compactMap { $0["timeSinceStart"]?.integer } == [0, 1000])
            #expect(events.last?["finishReason"]?.string == "stop")
            #expect(events.last?["metadata"] == nil)
        }
    }

    @Test func threadsAreListedWithTheOriginalsFields() async throws {
        try await withIngest { client in
            _ = try await client.post("/api/events", conversation)
            let list = try await client.get("/api/threads?count=1&agentName=support&startDate=2020-01-01")
            #expect(list.text.contains(#""pagination":{"total":1,"count":1,"page":1,"totalPages":1,"hasMore":false}"#))
            let thread = list["threads"]?.children.first
            #expect(thread?["threadId"]?.string == "a/b c")
            #expect(thread?["eventCount"]?.integer == 3)
            #expect(thread?["model"]?.string == "m")
            #expect(thread?["systemPrompt"] == nil)
            #expect(try await client.get("/api/threads?agentName=other")["threads"]?.children.isEmpty == true)
            #expect(try await client.get("/api/threads?endDate=2020-01-01")["threads"]?.children.isEmpty == true)
        }
    }

    @Test(arguments: ["page=0", "count=101", "startDate=yesterday", "endDate=2026-02-30", "count=99999999999999999999"])
    func badParameterIsNamed(_ query: String) async throws {
        try await withIngest { client in
            let reply = try await client.get("/api/threads?\(query)")
            #expect(reply.status == 400)
            #expect(reply["success"]?.kind == .false)
            #expect(reply["error"]?.string == "Invalid \(query.prefix { $0 != "=" })")
        }
    }

    @Test(arguments: ["%00", "%ff", "never", "%", "%zz", "..", "a%2Fb"])
    func missingThreadIsNotFound(_ id: String) async throws {
        try await withIngest { client in
            let reply = try await client.get("/api/threads/\(id)")
            #expect(reply.status == 404)
        }
    }
}
