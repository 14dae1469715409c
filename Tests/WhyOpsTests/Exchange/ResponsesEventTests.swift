import Testing

@testable import WhyOps

/// What an exchange over the Responses API leaves (EXC-56, EXC-57).
struct ResponsesEventTests {
    private static let items = [
        #"{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"First."},"#
            + #"{"type":"summary_text","text":"Then."}],"encrypted_content":"gAAA"}"#,
        #"{"id":"rs_2","type":"reasoning","summary":[],"encrypted_content":"gBBB"}"#,
        #"{"id":"rs_3","type":"reasoning","summary":[]}"#,
        #"{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me look.","#
            + #""annotations":[{"type":"url_citation","url":"u"}]},{"type":"output_text","text":" One moment."}]}"#,
        #"{"id":"fc_1","type":"function_call","call_id":"call_1","name":"weather","arguments":"{\"n\":1.0}"}"#,
        #"{"id":"ctc_1","type":"custom_tool_call","call_id":"call_2","name":"sql","input":"select 1"}"#,
    ]

    private static func response(_ items: [String], _ status: String, _ more: String = "") -> String {
        #"{"id":"resp_1","object":"response","status":"\#(status)","error":null,"model":"gpt-4.1-2025","#
            + #""output":[\#(items.joined(separator: ","))],"usage":{"input_tokens":20,"input_tokens_details":"#
            + #"{"cached_tokens":8},"output_tokens":12,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":32}"#
            + "\(more)}"
    }

    private static func event(_ type: String, _ members: String) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\",\(members)}\n\n"
    }

    private static let begin = event("response.created", "\"response\":" + response([], "in_progress"))
    private static let pieces =
        event("response.output_item.added", #""output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}"#)
        + event("response.reasoning_summary_text.delta", #""output_index":0,"summary_index":0,"delta":"Fir""#)
        + event("response.reasoning_summary_text.delta", #""output_index":0,"summary_index":0,"delta":"st.""#)
        + event("response.reasoning_summary_text.delta", #""output_index":0,"summary_index":1,"delta":"Then.""#)
        + event("response.output_item.done", "\"output_index\":0,\"item\":" + items[0])
        + event("response.output_item.done", "\"output_index\":1,\"item\":" + items[1])
        + event("response.output_item.done", "\"output_index\":2,\"item\":" + items[2])
        + event("response.output_text.delta", #""output_index":3,"content_index":0,"delta":"Let me""#)
        + event("response.output_text.delta", #""output_index":3,"content_index":0,"delta":" look.""#)
        + event("response.output_text.annotation.added", #""annotation":{"type":"url_citation","url":"u"}"#)
        + event("response.output_text.delta", #""output_index":3,"content_index":1,"delta":" One moment.""#)
        + event("response.output_item.done", "\"output_index\":3,\"item\":" + items[3])
        + event(
            "response.output_item.added",
            #""output_index":4,"item":{"type":"function_call","call_id":"call_1","name":"weather","arguments":""}"#
        )
        + event("response.function_call_arguments.delta", #""output_index":4,"delta":"{\"n\":""#)
        + event("response.function_call_arguments.delta", #""output_index":4,"delta":"1.0}""#)
        + event(
            "response.output_item.added",
            #""output_index":5,"item":{"type":"custom_tool_call","call_id":"call_2","name":"sql","input":""}"#
        )
        + event("response.custom_tool_call_input.delta", #""output_index":5,"delta":"select 1""#)

    private static func events(_ capture: ReplyCapture, model: String? = "gpt-4.1") throws -> [Event] {
        let id = try #require(TraceID("t"))
        let resolution = TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: id)
        return ExchangeEvents(
            resolution: resolution,
            agentName: "a",
            externalUserID: nil,
            spanID: "s",
            provider: "openai"
        ).reply(capture, model: model, ending: .complete, latency: 1, firstToken: nil, at: "2026-01-01T00:00:00Z")
    }

    private static func stream(_ text: String) -> ReplyCapture {
        var stream = ReplyStream(format: .responses, frame: nil)
        #expect(stream.read(Array(text.utf8).span) + stream.finish() == Array(text.utf8))
        return stream.capture
    }

    private static func whole(_ text: String) throws -> ReplyCapture {
        try #require(WholeReply(Array(text.utf8), format: .responses, frame: nil)).capture
    }

    private static func contents(_ events: [Event]) -> [String] {
        events.map { "\($0.eventType.rawValue) " + String(decoding: $0.content ?? [], as: UTF8.self) }
    }

    private static let said = [
        #"llm_thinking {"type":"thinking","thinking":"First.\n\nThen.","signature":"gAAA"}"#,
        #"llm_thinking {"type":"redacted_thinking","data":"gBBB"}"#,
        #"llm_response {"content":"Let me look. One moment.","toolCalls":[{"id":"call_1","type":"function","#
            + #""function":{"name":"weather","arguments":"{\"n\":1.0}"}},{"id":"call_2","type":"custom","function":"#
            + #"{"name":"sql","arguments":"select 1"}}],"finishReason":"completed","#
            + #""annotations":[{"type":"url_citation","url":"u"}]}"#,
    ]

    @Test func wholeReplyIsTold() throws {
        let events = try Self.events(Self.whole(Self.response(Self.items, "completed")))
        #expect(Self.contents(events) == Self.said)
        let metadata = String(decoding: events.last?.metadata ?? [], as: UTF8.self)
        #expect(metadata.contains(#""responseModel":"gpt-4.1-2025","responseId":"resp_1""#))
        #expect(
            metadata.contains(
                #""usage":{"promptTokens":20,"completionTokens":12,"totalTokens":32,"cacheReadTokens":8,"#
                    + #""reasoningTokens":5,"cacheAccounting":"inclusive"}"#
            )
        )
    }

    /// EXC-51, also where the last event repeats nothing.
    @Test(arguments: [items, []])
    func streamIsToldAsTheWholeReplyIs(_ repeated: [String]) throws {
        let end = Self.event("response.completed", "\"response\":" + Self.response(repeated, "completed"))
        let streamed = try Self.events(Self.stream(Self.begin + Self.pieces + end))
        let whole = try Self.events(Self.whole(Self.response(Self.items, "completed")))
        #expect(streamed.map(\.metadata) == whole.map(\.metadata))
        #expect(Self.contents(streamed) == Self.contents(whole))
    }

    /// EXC-53: what came before a stream broke off is kept.
    @Test func cutOffStreamIsToldAsFarAsItCame() throws {
        let capture = Self.stream(Self.begin + Self.pieces)
        #expect(!capture.isEnded)
        let expected = Self.said.map { $0.replacing(#""finishReason":"completed","#, with: "") }
        #expect(Self.contents(try Self.events(capture)) == expected)
    }

    @Test(arguments: [
        ("incomplete", #","incomplete_details":{"reason":"max_output_tokens"}"#, "max_output_tokens"),
        ("completed", "", "completed"), ("failed", "", "failed"),
    ])
    func finishReasonIsTheStatusOrItsReason(_ status: String, _ more: String, _ reason: String) throws {
        let capture = try Self.whole(Self.response([], status, more))
        #expect(capture.choices.first?.finishReason == Array(reason.utf8))
        let event = Self.event("response." + status, "\"response\":" + Self.response([], status, more))
        #expect(Self.stream(Self.begin + event).choices.first?.finishReason == Array(reason.utf8))
    }

    /// Tools that the provider runs are told too, and a stream tells their last form.
    @Test(arguments: [
        (
            #"{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"x"}}"#,
            #"{"id":"ws_1","type":"web_search_call","function":{"name":"web_search","#
                + #""arguments":"{\"type\":\"search\",\"query\":\"x\"}"}}"#
        ),
        (
            #"{"id":"mcp_1","type":"mcp_call","name":"roll","arguments":"{}","output":"4"}"#,
            #"{"id":"mcp_1","type":"mcp_call","function":{"name":"roll","arguments":"{}"}}"#
        ),
        (
            #"{"id":"ci_1","type":"code_interpreter_call","code":"1+1","outputs":null}"#,
            #"{"id":"ci_1","type":"code_interpreter_call","function":{"name":"code_interpreter","arguments":"1+1"}}"#
        ),
        (
            #"{"id":"sh_1","type":"shell_call","call_id":"call_7","action":{"commands":["ls"]}}"#,
            #"{"id":"call_7","type":"shell_call","function":{"name":"shell","#
                + #""arguments":"{\"commands\":[\"ls\"]}"}}"#
        ),
    ])
    func callOfAnyToolIsTold(_ item: String, _ call: String) throws {
        let expected = [#"llm_response {"toolCalls":[\#(call)],"finishReason":"completed"}"#]
        #expect(Self.contents(try Self.events(Self.whole(Self.response([item], "completed")))) == expected)
        let started = Self.event("response.output_item.added", #""output_index":0,"item":{"type":"web_search_call"}"#)
        let done = Self.event("response.output_item.done", "\"output_index\":0,\"item\":" + item)
        let end = Self.event("response.completed", "\"response\":" + Self.response([], "completed"))
        #expect(Self.contents(try Self.events(Self.stream(Self.begin + started + done + end))) == expected)
    }

    @Test func refusalIsTheFinishReason() throws {
        let item = #"{"type":"message","content":[{"type":"refusal","refusal":"I cannot."}]}"#
        let events = try Self.events(Self.whole(Self.response([item], "completed")))
        #expect(Self.contents(events) == [#"llm_response {"finishReason":"refusal","refusal":"I cannot."}"#])
    }

    @Test(arguments: [
        event("error", #""code":"rate_limit_exceeded","message":"Slow down.""#),
        event("response.failed", #""response":{"status":"failed","output":[],"error":{"code":"server_error"}}"#),
    ])
    func failureLeavesAnErrorToo(_ last: String) throws {
        let capture = Self.stream(Self.begin + Self.pieces + last)
        #expect(capture.isFinished == last.contains("response.failed"))
        #expect(try Self.events(capture).map(\.eventType) == [.llmThinking, .llmThinking, .llmResponse, .error])
    }

    /// EXC-8: only the reply tells the model of a stored prompt.
    @Test func modelOfAStoredPromptIsTheReplys() throws {
        let events = try Self.events(Self.whole(Self.response([], "completed")), model: nil)
        #expect(String(decoding: events[0].metadata ?? [], as: UTF8.self).hasPrefix(#"{"model":"gpt-4.1-2025","#))
    }

    @Test func idsAreKnownWithTheEventThatBringsThem() throws {
        var stream = ReplyStream(format: .responses, frame: nil)
        func echoes(_ text: String) -> [EchoID?] {
            _ = stream.read(Array(text.utf8).span)
            return stream.takeEchoes()
        }
        #expect(echoes(Self.begin) == [EchoID(.response, "resp_1")])
        let added = Self.event("response.output_item.added", "\"output_index\":0,\"item\":" + Self.items[4])
        #expect(echoes(added) == [EchoID(.message, "fc_1"), EchoID(.toolCall, "call_1")])
        #expect(echoes(added.replacing("added", with: "done")) == [])
        let reasoning = Self.event("response.output_item.done", "\"output_index\":1,\"item\":" + Self.items[0])
        #expect(echoes(reasoning) == [EchoID(.message, "rs_1"), EchoID(.thinking, "gAAA")])
    }

    @Test(arguments: [
        (#"[{"role":"user","content":"Hi"}]"#, false), (#""Hi""#, false), ("null", false),
        (#"[{"type":"function_call_output","call_id":"c","output":"x"}]"#, true),
        (#"[{"type":"custom_tool_call_output","call_id":"c","output":"x"},{"role":"developer","content":"x"}]"#, true),
        (#"[{"type":"function_call_output","call_id":"c","output":"x"},{"role":"user","content":"x"}]"#, false),
    ])
    func requestThatBringsToolResultsIsTold(_ input: String, _ isResult: Bool) throws {
        let body = #"{"model":"m","instructions":"Be brief.","max_output_tokens":99,"input":\#(input)}"#
        let reading = try RequestReading(Array(body.utf8), format: .responses)
        #expect(reading.bringsToolResults == isResult)
        let id = try #require(TraceID("t"))
        let resolution = TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: id)
        let event = ExchangeEvents(
            resolution: resolution,
            agentName: "a",
            externalUserID: nil,
            spanID: "s",
            provider: "openai"
        ).request(reading, at: "2026-01-01T00:00:00Z")
        #expect(event.eventType == (isResult ? .toolResult : .userMessage))
        #expect(event.content == Array(input.utf8))
        let metadata = String(decoding: event.metadata ?? [], as: UTF8.self)
        #expect(metadata.contains(#""systemPrompt":"Be brief.","params":{"maxOutputTokens":99}"#))
    }

    /// EXC-8
    @Test(arguments: [
        (#"{"model":"m","input":5}"#, "request.member-type", "/input"),
        (#"{"model":"m","input":{"role":"user"}}"#, "request.member-type", "/input"),
        (#"{"input":"Hi"}"#, "request.member-missing", "/model"),
        (#"{"model":1,"prompt":{"id":"p"}}"#, "request.member-type", "/model"),
        (#"{"prompt":"p"}"#, "request.member-missing", "/model"),
    ])
    func bodyThatCannotBeReadIsRefused(_ body: String, _ code: String, _ pointer: String) {
        #expect {
            try RequestReading(Array(body.utf8), format: .responses)
        } throws: { error in
            guard let fault = error as? ExchangeFault else { return false }
            return fault.code == code && fault.pointer == pointer
        }
    }
}
