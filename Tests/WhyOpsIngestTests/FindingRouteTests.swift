import Testing
import WhyOps

/// FND-30, FND-31
@Suite struct FindingRouteTests {
    private func post(_ events: [String], _ client: IngestClient) async throws {
        for start in stride(from: 0, to: events.count, by: 1000) {
            let part = events[start..<min(start + 1000, events.count)]
            #expect(try await client.post("/api/events", "[\(part.joined(separator: ","))]").status == 201)
        }
    }

    private func event(_ type: String, _ more: String = "") -> String {
        #"{"eventType":"\#(type)","traceId":"long","agentName":"a","timestamp":"2026-01-01T00:00:00Z"\#(more)}"#
    }

    /// The store is read in parts; what stands in different ones is one trace.
    @Test func partsAreOneTrace() async throws {
        try await withIngest { client in
            let call = #","spanId":"call","metadata":{"tool":"find"}"#
            var events = [event("tool_call_request", call), event("error")]
            events += (0..<2400).map { _ in event("user_message") }
            events += [event("tool_call_response", call), event("error"), event("error")]
            try await post(events, client)
            let reply = try await client.get("/api/threads/long/findings")
            #expect(reply.status == 200)
            let analysis = try #require(reply["analysis"])
            #expect(analysis["eventCount"]?.integer == 2405)
            #expect(analysis["isComplete"]?.kind == .true)
            // The response ends the streak of one error, and answers the call of two parts before.
            #expect(analysis["findings"]?.children.isEmpty == true)
            try await post([event("error")], client)
            let more = try await client.get("/api/threads/long/findings")
            let finding = try #require(more["analysis"]?["findings"]?.children.first)
            #expect(finding["code"]?.string == "CONSECUTIVE_ERROR_STREAK")
            #expect(finding["evidence"]?["steps"]?.children.map(\.integer) == [2404, 2405, 2406])
            #expect(finding["eventId"]?.string?.utf8.count == 36)
        }
    }

    @Test func contentsAreReadWhereTheyCount() async throws {
        try await withIngest { client in
            let figures = #""model":"m","provider":"p","latencyMs":1,"usage":{"promptTokens":1,"completionTokens":1}"#
            let calls = ["1", "1.0", "10e-1"].map {
                #","metadata":{\#(figures)},"content":{"toolCalls":[{"name":"find","arguments":{"id":\#($0)}}]}"#
            }
            try await post([event("user_message")] + calls.map { event("llm_response", $0) }, client)
            let reply = try await client.get("/api/threads/long/findings?minSeverity=high")
            let findings = try #require(reply["analysis"]?["findings"]?.children)
            #expect(findings.map { $0["code"]?.string } == ["IDENTICAL_TOOL_CALL_LOOP"])
            #expect(findings.first?["evidence"]?["tool"]?.string == "find")
        }
    }

    @Test func foreignThreadIsAsMissing() async throws {
        try await withIngest { client in
            try await post([event("user_message")], client)
            let foreign = try await client.get("/api/threads/long/findings", key: IngestClient.otherKey)
            let missing = try await client.get("/api/threads/none/findings")
            #expect(foreign.status == 404)
            #expect(foreign.bytes == missing.bytes)
            #expect(try await client.get("/api/threads/long/findings", key: nil).status == 401)
            #expect(try await client.get("/api/threads/long/findings?minSeverity=High").status == 400)
        }
    }
}
