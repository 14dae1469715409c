import Testing
import WhyOps
import WhyOpsInterop

/// Spans that others made.
@Suite struct OTLPImportTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"

    /// Reads spans given as attributes with texts or numbers; each one's parent is the first.
    private func read(_ spans: [[String: Any]], status: Int = 0, resource: String = "shop-service") throws -> (
        events: [Event], leftOut: Int
    ) {
        var texts: [String] = []
        for (place, attributes) in spans.enumerated() {
            let members = attributes.sorted { $0.key < $1.key }.map { key, value -> String in
                switch value {
                case let number as Int: #"{"key":"\#(key)","value":{"intValue":"\#(number)"}}"#
                case let number as Double: #"{"key":"\#(key)","value":{"doubleValue":\#(number)}}"#
                default: #"{"key":"\#(key)","value":{"stringValue":\#(quoted("\(value)"))}}"#
                }
            }
            let parent = place == 0 ? "" : #""parentSpanId":"00000000000000a0","#
            let times =
                #""startTimeUnixNano":"\#(1_700_000_000 + place)000000000","endTimeUnixNano":\#(1_700_000_001 + place)500000000"#
            texts.append(
                #"{"traceId":"\#(Self.trace)","spanId":"00000000000000a\#(place)",\#(parent)"name":"n\#(place)","#
                    + times
                    + #","attributes":[\#(members.joined(separator: ","))],"status":{"code":\#(status)}}"#
            )
        }
        let resource = #"{"attributes":[{"key":"service.name","value":{"stringValue":"\#(resource)"}}]}"#
        let text =
            #"{"resourceSpans":[{"resource":\#(resource),"scopeSpans":[{"spans":[\#(texts.joined(separator: ","))]}]}]}"#
        var reading = OTLPImport()
        reading.add(try JSONDocument(Array(text.utf8)).root)
        let made = reading.events()
        return (made.events.map(\.event), made.leftOut)
    }

    private func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func usage(_ event: Event?) throws -> JSONValue {
        let metadata = try #require(event?.metadata)
        return try #require(try JSONDocument(metadata).root["usage"])
    }

    // IOP-32
    @Test(
        arguments: [
            ("gen_ai.usage.input_tokens", "promptTokens"), ("gen_ai.usage.prompt_tokens", "promptTokens"),
            ("llm.token_count.prompt", "promptTokens"), ("llm.usage.prompt_tokens", "promptTokens"),
            ("gen_ai.usage.output_tokens", "completionTokens"), ("gen_ai.usage.completion_tokens", "completionTokens"),
            ("llm.token_count.completion", "completionTokens"), ("llm.usage.completion_tokens", "completionTokens"),
            ("gen_ai.usage.cache_read.input_tokens", "cacheReadTokens"),
            ("gen_ai.usage.cache_read_input_tokens", "cacheReadTokens"),
            ("gen_ai.usage.cached_input_tokens", "cacheReadTokens"),
            ("llm.token_count.prompt_details.cache_read", "cacheReadTokens"),
            ("gen_ai.usage.cache_write.input_tokens", "cacheCreationTokens"),
            ("gen_ai.usage.cache_creation.input_tokens", "cacheCreationTokens"),
            ("gen_ai.usage.cache_write_tokens", "cacheCreationTokens"),
            ("gen_ai.usage.cache_creation_input_tokens", "cacheCreationTokens"),
            ("llm.token_count.prompt_details.cache_write", "cacheCreationTokens"),
            ("gen_ai.usage.reasoning.output_tokens", "reasoningTokens"),
        ]
    )
    func countsAreKnownUnderEachOfTheirNames(_ name: String, _ ours: String) throws {
        for value in [7, 7.0, "7"] as [Any] {
            let events = try read([["gen_ai.operation.name": "chat", name: value]]).events
            let usage = try usage(events.last)
            #expect(usage.members.first { $0.name == ours }?.value.integer == 7)
        }
    }

    // IOP-32
    @Test(
        arguments: ["gen_ai.request.model", "llm.model_name", "llm.request.model_name", "gen_ai.response.model"],
        ["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"]
    )
    func modelsAndProvidersAreKnown(_ model: String, _ provider: String) throws {
        let event = try read([["gen_ai.operation.name": "chat", model: "m", provider: "p"]]).events.last
        let bytes = try #require(event?.metadata)
        let metadata = try JSONDocument(bytes).root
        #expect(metadata["model"]?.string == "m" && metadata["provider"]?.string == "p")
    }

    // IOP-31
    @Test(
        arguments: [
            "whyops.trace.id", "gen_ai.conversation.id", "session.id", "langfuse.session.id",
            "ai.telemetry.metadata.sessionId", "traceloop.association.properties.session_id",
        ]
    )
    func aTraceIsNamedByAnyOfItsSpans(_ name: String) throws {
        let (events, leftOut) = try read([
            ["gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"],
            ["gen_ai.operation.name": "chat", name: "conversation 7"], ["gen_ai.operation.name": "chat"],
        ])
        #expect(events.map(\.traceId) == ["conversation 7", "conversation 7"] && leftOut == 1)
        #expect(events.map(\.agentName) == ["planner", "planner"])
    }

    // IOP-31
    @Test func withoutNamesTheIDsCount() throws {
        let events = try read([["openinference.span.kind": "LLM"]]).events
        let event = try #require(events.first)
        #expect(event.traceId == Self.trace && event.spanId == "00000000000000a0")
        #expect(event.agentName == "shop-service" && event.timestamp == "2023-11-14T22:13:21.500Z")
        // IOP-9: an id of spans is no conversation's, also when it goes out again.
        let spans = TraceExport([TraceItem(event)]).spans
        #expect(
            spans.count == 2
                && spans.allSatisfy { span in !span.attributes.contains { $0.key == "gen_ai.conversation.id" } }
        )
    }

    // IOP-30
    @Test func flatMessagesBecomeEvents() throws {
        let events = try read([
            [
                "openinference.span.kind": "LLM", "llm.model_name": "m", "llm.system": "openai",
                "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Where is it?",
                "llm.input_messages.1.message.role": "tool", "llm.input_messages.1.message.content": "on its way",
                "llm.input_messages.1.message.tool_call_id": "c1",
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
                "llm.output_messages.0.message.contents.0.message_content.text": "Let me see.",
                "llm.output_messages.0.message.contents.1.message_content.type": "text",
                "llm.output_messages.0.message.contents.1.message_content.text": "It comes.",
                "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c2",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "thank",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{\"n\": 1}",
                "llm.finish_reason": "stop",
            ]
        ]).events
        #expect(events.map(\.eventType) == [.toolResult, .llmThinking, .llmResponse])
        let view = EventView(events[2])
        #expect(
            String(decoding: view.json, as: UTF8.self)
                == #"{"text":"It comes.","refusal":null,"toolCalls":[{"id":"c2","name":"thank","arguments":"{\"n\": 1}"}],"finishReason":"stop"}"#
        )
        #expect(Set(events.map(\.spanId)) == ["00000000000000a0"])
    }

    // IOP-30, IOP-34
    @Test func failedSpansHaveErrors() throws {
        let tool: [String: Any] = [
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find", "error.type": "500",
        ]
        let (events, _) = try read(
            [tool, ["gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e"]],
            status: 2
        )
        #expect(events.map(\.eventType) == [.toolCallRequest, .error, .error])
        #expect(
            EventView(events[1])
                == EventView(.error, content: try JSONDocument(Array(#"{"message":"500","status":500}"#.utf8)).root)
        )
        #expect(try read([tool], status: 2).events.map(\.idempotencyKey) == events.prefix(2).map(\.idempotencyKey))
        #expect(Set(events.map(\.idempotencyKey)).count == 3)
    }

    // IOP-30
    @Test(
        arguments: [
            #"{"resourceSpans":[]}"#, #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"x","spanId":"y"}]}]}]}"#,
            #"{"resourceSpans":[7,{"scopeSpans":7},{"scopeSpans":[{"spans":[null,{}]}]}]}"#,
        ]
    )
    func whatIsNoSpanIsNoEvent(_ text: String) throws {
        var reading = OTLPImport()
        let root = try JSONDocument(Array(text.utf8)).root
        #expect(OTLPImport.isRequest(root))
        reading.add(root)
        #expect(reading.events().events.isEmpty)
    }

    /// Requests of these spans, each given as its members.
    private func request(_ spans: [String]) throws -> OTLPImport {
        var reading = OTLPImport()
        let text = #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(spans.joined(separator: ","))]}]}]}"#
        reading.add(try JSONDocument(Array(text.utf8)).root)
        return reading
    }

    private func span(_ trace: String, _ id: String, parent: String = "", _ attributes: [String: String]) -> String {
        let members = attributes.sorted { $0.key < $1.key }.map { key, value in
            #"{"key":"\#(key)","value":{"stringValue":"\#(value)"}}"#
        }
        return #"{"traceId":"\#(trace)","spanId":"\#(id)","parentSpanId":"\#(parent)","name":"n","#
            + #""attributes":[\#(members.joined(separator: ","))]}"#
    }

    // IOP-31
    @Test func severalConversationsOfOneTraceStayApart() throws {
        let chat = ["gen_ai.operation.name": "chat"]
        let reading = try request([
            span(Self.trace, "00000000000000a0", ["gen_ai.operation.name": "workflow"]),
            span(Self.trace, "00000000000000b0", parent: "00000000000000a0", ["session.id": "one"]),
            span(Self.trace, "00000000000000c0", parent: "00000000000000a0", ["session.id": "two"]),
            span(Self.trace, "00000000000000c1", parent: "00000000000000c0", ["gen_ai.operation.name": "plan"]),
            span(Self.trace, "00000000000000c2", parent: "00000000000000c1", chat),
            span(Self.trace, "00000000000000b1", parent: "00000000000000b0", chat),
            span(Self.trace, "00000000000000a1", parent: "00000000000000a0", chat),
        ])
        let traces = Dictionary(
            reading.events().events.map { ($0.event.spanId, $0.event.traceId) },
            uniquingKeysWith: { first, _ in first }
        )
        // What is in none of them is in neither.
        #expect(traces == ["00000000000000c2": "two", "00000000000000b1": "one", "00000000000000a1": Self.trace])
    }

    // IOP-30
    @Test func idsInBase64AreTheSameIDs() throws {
        let tool = ["gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find"]
        let digits = try request([span(Self.trace, "b7ad6b7169203331", tool)])
        let base64 = try request([span("CvdlGRbNQ92ESOshHIAxnA==", "t61rcWkgMzE=", tool)])
        #expect(digits.events().events.map(\.event) == base64.events().events.map(\.event))
        #expect(base64.count == 1 && base64.unreadable == 0)
        // Another length, another alphabet, bits that belong to no byte, no `=`.
        for (trace, id) in [
            (Self.trace, "b7ad6b716920333"), (Self.trace, "t61rcWkgMzE"), (Self.trace, "t61rcWkgMzF="),
            (Self.trace, "t6-rcWkgMzE="), (Self.trace, "t61rcWkgMz=="), (Self.trace, "t61rcWk=MzE="),
            ("CvdlGRbNQ92ESOshHIAxnA=", "t61rcWkgMzE="), ("", "t61rcWkgMzE="), ("t61rcWkgMzE=", "t61rcWkgMzE="),
        ] {
            let reading = try request([span(trace, id, tool)])
            #expect(reading.count == 0 && reading.unreadable == 1, "\(trace) \(id)")
        }
    }

    // IOP-32
    @Test func theFlatMessagesOfBeforeAreRead() throws {
        let events = try read([
            [
                "gen_ai.system": "OpenAI", "gen_ai.request.model": "m", "gen_ai.prompt.0.role": "system",
                "gen_ai.prompt.0.content": "Be brief.", "gen_ai.prompt.1.role": "user",
                "gen_ai.prompt.1.content": #"[{"type":"text","text":"Where is it?"}]"#,
                "gen_ai.prompt.2.role": "assistant", "gen_ai.prompt.2.tool_calls.0.id": "c1",
                "gen_ai.prompt.2.tool_calls.0.name": "find", "gen_ai.prompt.2.tool_calls.0.arguments": "{}",
                "gen_ai.prompt.3.role": "tool", "gen_ai.prompt.3.tool_call_id": "c1",
                "gen_ai.prompt.3.content": "on its way", "gen_ai.completion.0.role": "assistant",
                "gen_ai.completion.0.content": "It comes.", "gen_ai.completion.0.reasoning": "Let me see.",
                "gen_ai.completion.0.finish_reason": "tool_calls", "gen_ai.completion.0.tool_calls.0.id": "c2",
                "gen_ai.completion.0.tool_calls.0.name": "thank",
                "gen_ai.completion.0.tool_calls.0.arguments": "{\"n\": 1}", "gen_ai.completion.1.content": "Soon.",
            ]
        ]).events
        #expect(events.map(\.eventType) == [.toolResult, .llmThinking, .llmResponse])
        #expect(
            String(decoding: events[0].content ?? [], as: UTF8.self)
                == #"[{"role":"system","content":"Be brief."},{"role":"user","content":"Where is it?"},"#
                + #"{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"find","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c1","content":"on its way"}]"#
        )
        #expect(
            String(decoding: EventView(events[2]).json, as: UTF8.self)
                == #"{"text":"It comes.","refusal":null,"toolCalls":[{"id":"c2","name":"thank","arguments":"{\"n\": 1}"}],"finishReason":"tool_calls"}"#
        )
        #expect(String(decoding: events[2].content ?? [], as: UTF8.self).contains("Soon."))
    }

    @Test func aCircleOfParentsEnds() throws {
        let span = { (id: String, parent: String) in
            #"{"traceId":"\#(Self.trace)","spanId":"\#(id)","parentSpanId":"\#(parent)","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}}]}"#
        }
        let spans = span("00000000000000a1", "00000000000000a2") + "," + span("00000000000000a2", "00000000000000a1")
        var reading = OTLPImport()
        reading.add(try JSONDocument(Array(#"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(spans)]}]}]}"#.utf8)).root)
        #expect(reading.events().events.map(\.event.agentName) == ["unknown", "unknown"])
    }
}
