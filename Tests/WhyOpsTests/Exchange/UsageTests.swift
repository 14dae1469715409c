import Testing

@testable import WhyOps

/// What a reply cost beside its tokens of text (EXC-86), and errors that come without a type (EXC-85).
struct UsageTests {
    private func events(_ capture: ReplyCapture) throws -> [Event] {
        let id = try #require(TraceID("t"))
        let resolution = TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: id)
        return ExchangeEvents(resolution: resolution, agentName: "a", externalUserID: nil, spanID: "s", provider: "p")
            .reply(capture, model: "m", ending: .complete, latency: 1, firstToken: nil, at: "2026-01-01T00:00:00.000Z")
    }

    private func usage(_ capture: ReplyCapture) throws -> String {
        let event = try #require(try events(capture).first { $0.eventType == .llmResponse })
        let usage = try JSONDocument(try #require(event.metadata)).root["usage"]
        return String(decoding: try #require(usage).slice, as: UTF8.self)
    }

    private func whole(_ body: String, _ format: ExchangeFormat) throws -> String {
        try usage(try #require(WholeReply(Array(body.utf8), format: format, frame: nil)).capture)
    }

    private func stream(_ text: String, _ format: ExchangeFormat) -> ReplyCapture {
        var stream = ReplyStream(format: format, frame: nil)
        _ = stream.read(Array(text.utf8).span)
        _ = stream.finish()
        return stream.capture
    }

    @Test func audioAndTierOfAChatCompletion() throws {
        let counts =
            #""service_tier":"flex","usage":{"prompt_tokens":20,"completion_tokens":30,"total_tokens":50,"#
            + #""prompt_tokens_details":{"cached_tokens":0,"audio_tokens":7},"#
            + #""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":9}}"#
        let expected =
            #"{"promptTokens":20,"completionTokens":30,"totalTokens":50,"audioPromptTokens":7,"#
            + #""audioCompletionTokens":9,"serviceTier":"flex","cacheAccounting":"inclusive"}"#
        let choice = #""choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]"#
        #expect(try whole("{\(choice),\(counts)}", .chat) == expected)
        let chunks =
            #"data: {"service_tier":"auto","usage":null,"choices":[{"index":0,"delta":{"content":"x"},"#
            + #""finish_reason":"stop"}]}"# + "\n\ndata: {\"choices\":[],\(counts)}\n\ndata: [DONE]\n\n"
        #expect(try usage(stream(chunks, .chat)) == expected)
    }

    @Test func audioAndTierOfAResponse() throws {
        let response =
            #"{"id":"r","status":"completed","output":[],"service_tier":"priority","usage":{"input_tokens":3,"#
            + #""input_tokens_details":{"audio_tokens":1},"output_tokens":4,"output_tokens_details":{"audio_tokens":2},"#
            + #""total_tokens":7}}"#
        let expected =
            #"{"promptTokens":3,"completionTokens":4,"totalTokens":7,"audioPromptTokens":1,"#
            + #""audioCompletionTokens":2,"serviceTier":"priority","cacheAccounting":"inclusive"}"#
        #expect(try whole(response, .responses) == expected)
        let event = #"data: {"type":"response.completed","response":"# + response + "}\n\n"
        #expect(try usage(stream(event, .responses)) == expected)
    }

    @Test func searchesAndTierOfAMessage() throws {
        let uses = #""server_tool_use":{"web_search_requests":2,"web_fetch_requests":0},"service_tier":"standard""#
        let expected =
            #"{"promptTokens":5,"completionTokens":6,"totalTokens":11,"webSearchRequests":2,"#
            + #""serviceTier":"standard","cacheAccounting":"exclusive"}"#
        let head = #"{"id":"msg","type":"message","role":"assistant","model":"m","content":[],"#
        #expect(
            try whole(
                head + #""stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":6,\#(uses)}}"#,
                .messages
            )
                == expected
        )
        let start =
            #"data: {"type":"message_start","message":"# + head
            + #""usage":{"input_tokens":5,"output_tokens":1,"service_tier":"standard"}}}"#
        let delta =
            #"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":6,"#
            + #""server_tool_use":{"web_search_requests":2,"web_fetch_requests":0}}}"#
        let stop = #"data: {"type":"message_stop"}"#
        #expect(try usage(stream([start, delta, stop].map { $0 + "\n\n" }.joined(), .messages)) == expected)
    }

    @Test func whatIsNoTextIsNoTier() throws {
        let body = #"{"choices":[],"service_tier":null,"usage":{"prompt_tokens":1,"server_tool_use":4}}"#
        #expect(try whole(body, .chat) == #"{"promptTokens":1,"cacheAccounting":"inclusive"}"#)
    }

    @Test(arguments: [ExchangeFormat.responses, .messages, .chat])
    func errorWithoutATypeKeepsItsMessage(_ format: ExchangeFormat) throws {
        let error = #"{"message":"Overloaded.","code":"overloaded"}"#
        let list = try events(stream(#"data: {"error":\#(error)}"# + "\n\n", format))
        #expect(list.map(\.eventType) == [.llmResponse, .error])
        let content = try JSONDocument(try #require(list.last?.content)).root
        #expect(content["error"].map { String(decoding: $0.slice, as: UTF8.self) } == error)
    }

    @Test func nullIsNoError() throws {
        #expect(try events(stream("data: {\"error\":null}\n\n", .responses)).map(\.eventType) == [.llmResponse])
    }
}
