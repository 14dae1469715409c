import Testing
import WhyOps
import WhyOpsInterop

/// Messages that stand in events of spans, as programs write them (IOP-52, IOP-53).
@Suite struct EventMessagesTests {
    /// An event of a span: its name and its attributes.
    struct Said {
        let name: String
        let attributes: [(String, String)]
        init(_ name: String, _ attributes: (String, String)...) {
            self.name = name
            self.attributes = attributes
        }
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func list(_ attributes: [(String, String)]) -> String {
        let items = attributes.map { #"{"key":\#(quoted($0)),"value":{"stringValue":\#(quoted($1))}}"# }
        return "[\(items.joined(separator: ","))]"
    }

    private func read(_ attributes: [(String, String)], _ said: [Said]) throws -> [Event] {
        let events = said.map {
            #"{"name":"\#($0.name)","timeUnixNano":"1","attributes":\#(Self.list($0.attributes))}"#
        }
        let span =
            #"{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00000000000000a0","name":"n","startTimeUnixNano":"0","#
            + #""attributes":\#(Self.list(attributes)),"events":[\#(events.joined(separator: ","))]}"#
        var reading = OTLPImport()
        let text = #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(span)]}]}]}"#
        reading.add(try JSONDocument(Array(text.utf8)).root)
        return reading.events().events.map(\.event)
    }

    private func chat(_ said: Said...) throws -> [Event] {
        try read([("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "m")], said)
    }

    private func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

    private static let asked =
        #"[{"role":"system","content":"Be brief."},{"role":"user","content":"Where is it?"},"#
        + #"{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"find","arguments":"{\"n\":7}"}}]},"#
        + #"{"role":"tool","tool_call_id":"c1","content":"on its way"}]"#

    /// The members in attributes of their own, and all in one as Azure's clients do it, and as the parts of Bedrock.
    private static let forms: [[Said]] = [
        [
            Said("gen_ai.system.message", ("gen_ai.system", "openai"), ("content", "Be brief.")),
            Said("gen_ai.user.message", ("content", "Where is it?"), ("role", "user")),
            Said(
                "gen_ai.assistant.message",
                ("tool_calls", #"[{"id":"c1","type":"function","function":{"name":"find","arguments":"{\"n\":7}"}}]"#)
            ),
            Said("gen_ai.tool.message", ("id", "c1"), ("content", "on its way")),
            Said("gen_ai.choice", ("index", "1"), ("message", "Soon."), ("finish_reason", "length")),
            Said(
                "gen_ai.choice",
                ("index", "0"),
                ("finish_reason", "stop"),
                ("message", #"{"role":"assistant","content":"It comes."}"#)
            ),
        ],
        [
            Said("gen_ai.system.message", ("gen_ai.event.content", #"{"role":"system","content":"Be brief."}"#)),
            Said("gen_ai.user.message", ("gen_ai.event.content", #"{"content":"Where is it?"}"#)),
            Said(
                "gen_ai.assistant.message",
                (
                    "gen_ai.event.content",
                    #"{"tool_calls":[{"id":"c1","type":"function","function":{"name":"find","arguments":"{\"n\":7}"}}]}"#
                )
            ),
            Said("gen_ai.tool.message", ("gen_ai.event.content", #"{"id":"c1","content":"on its way"}"#)),
            Said(
                "gen_ai.choice",
                (
                    "gen_ai.event.content",
                    #"{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It comes."}}"#
                )
            ),
            Said(
                "gen_ai.choice",
                ("gen_ai.event.content", #"{"index":1,"finish_reason":"length","message":{"content":"Soon."}}"#)
            ),
        ],
        [
            Said("gen_ai.system.message", ("content", #"[{"text":"Be brief."}]"#)),
            Said("gen_ai.user.message", ("content", #"[{"text":"Where is it?"}]"#)),
            Said(
                "gen_ai.assistant.message",
                ("content", #"[{"toolUse":{"toolUseId":"c1","name":"find","input":{"n":7}}}]"#)
            ),
            Said(
                "gen_ai.user.message",
                (
                    "content",
                    #"[{"toolResult":{"toolUseId":"c1","status":"success","content":[{"text":"on its way"}]}}]"#
                )
            ),
            Said("gen_ai.choice", ("message", #"[{"text":"It comes."}]"#), ("finish_reason", "stop")),
            Said("gen_ai.choice", ("message", "Soon."), ("finish_reason", "length")),
        ],
        [
            Said(
                "gen_ai.client.inference.operation.details",
                (
                    "gen_ai.input.messages",
                    #"[{"role":"system","parts":[{"type":"text","content":"Be brief."}]},"#
                        + #"{"role":"user","parts":[{"type":"text","content":"Where is it?"}]},"#
                        + #"{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"find","arguments":{"n":7}}]},"#
                        + #"{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"on its way"}]}]"#
                ),
                (
                    "gen_ai.output.messages",
                    #"[{"role":"assistant","parts":[{"type":"text","content":"It comes."}],"finish_reason":"stop"},"#
                        + #"{"role":"assistant","parts":[{"type":"text","content":"Soon."}],"finish_reason":"length"}]"#
                )
            )
        ],
    ]

    @Test(arguments: Self.forms.indices) func messagesOfEventsAreThoseOfAttributes(_ form: Int) throws {
        let events = try read(
            [("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "m"), ("input.value", "not this")],
            Self.forms[form]
        )
        #expect(events.map(\.eventType) == [.toolResult, .llmResponse])
        #expect(text(events[0].content) == Self.asked)
        #expect(
            text(events[1].content)
                == #"{"content":"It comes.","finishReason":"stop","choices":["#
                + #"{"index":0,"content":"It comes.","finishReason":"stop"},"#
                + #"{"index":1,"content":"Soon.","finishReason":"length"}]}"#
        )
        let metadata = try JSONDocument(events[0].metadata ?? []).root
        #expect(metadata["systemPrompt"]?.string == "Be brief." && metadata["model"]?.string == "m")
    }

    @Test func promptsAndCompletionsAreMessagesOrTexts() throws {
        for (prompt, asked) in [
            ("Where is it?", #"[{"role":"user","content":"Where is it?"}]"#),
            (#"[{"role":"user","content":"Where is it?"}]"#, #"[{"role":"user","content":"Where is it?"}]"#),
            (#"{"n":7}"#, #"[{"role":"user","content":"{\"n\":7}"}]"#), ("[7]", #"[{"role":"user","content":"[7]"}]"#),
        ] {
            let events = try chat(
                Said("gen_ai.content.prompt", ("gen_ai.prompt", prompt)),
                Said("gen_ai.content.completion", ("gen_ai.completion", #"[{"role":"assistant","content":"There."}]"#))
            )
            #expect(events.map { text($0.content) } == [asked, #"{"content":"There."}"#])
        }
        let events = try chat(Said("gen_ai.content.completion", ("gen_ai.completion", "There.")))
        #expect(events.map { text($0.content) } == [#"{"content":"There."}"#])
    }

    @Test func whatAttributesSayCounts() throws {
        let events = try read(
            [
                ("gen_ai.operation.name", "chat"),
                ("gen_ai.input.messages", #"[{"role":"user","parts":[{"type":"text","content":"this"}]}]"#),
            ],
            [
                Said("gen_ai.user.message", ("content", "not this")), Said("gen_ai.choice", ("content", "Yes.")),
                Said(
                    "gen_ai.client.inference.operation.details",
                    ("gen_ai.input.messages", "[]"),
                    ("gen_ai.request.model", "m")
                ),
            ]
        )
        #expect(events.map { text($0.content) } == [#"[{"role":"user","content":"this"}]"#, #"{"content":"Yes."}"#])
        #expect(try JSONDocument(events[0].metadata ?? []).root["model"]?.string == "m")
    }

    @Test func eventsWithoutContentAreNoMessages() throws {
        let events = try chat(
            Said("gen_ai.user.message", ("gen_ai.system", "openai")),
            Said("gen_ai.choice", ("gen_ai.system", "openai")),
            Said("gen_ai.choice", ("index", "0"), ("finish_reason", "stop")),
            Said("other", ("content", "no"))
        )
        #expect(events.map(\.eventType) == [.llmResponse] && text(events[0].content) == #"{"finishReason":"stop"}"#)
    }

    @Test func textsThatLookLikeJSONStayTexts() throws {
        for said in ["[1,2]", "[]", #"{"type":"x"}"#, "7", "null", #"[{"n":7}]"#] {
            let events = try chat(Said("gen_ai.user.message", ("content", said)))
            let message = try #require(try JSONDocument(events[0].content ?? []).root.children.first)
            #expect(message["content"]?.string == said)
        }
    }

    @Test func runsOfToolsHaveTheirsInEvents() throws {
        let run = [
            ("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "find"), ("gen_ai.tool.call.id", "c1"),
        ]
        for (given, result) in [
            (#"[{"text":"sunny"}]"#, #""sunny""#), ("sunny", #""sunny""#), (#"{"sky":"clear"}"#, #"{"sky":"clear"}"#),
            (#"[{"json":{"sky":"clear"}}]"#, #"{"json":{"sky":"clear"}}"#),
        ] {
            let events = try read(
                run,
                [
                    Said("gen_ai.tool.message", ("role", "tool"), ("content", #"{"n":7}"#), ("id", "c1")),
                    Said("gen_ai.choice", ("message", given), ("id", "c1")),
                ]
            )
            let call = #"[{"id":"c1","name":"find","arguments":{"n":7}}]"#
            #expect(text(events[0].content) == #"{"toolCalls":\#(call)}"#)
            #expect(text(events[1].content) == #"{"toolCalls":\#(call),"toolResults":\#(result)}"#)
        }
        let call = #"[{"role":"tool","parts":[{"type":"tool_call","id":"c1","name":"find","arguments":{"n":7}}]}]"#
        let answer = #"[{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":[1]}]}]"#
        let details = Said(
            "gen_ai.client.inference.operation.details",
            ("gen_ai.input.messages", call),
            ("gen_ai.output.messages", answer)
        )
        #expect(
            text(try read(run, [details])[1].content)
                == #"{"toolCalls":[{"id":"c1","name":"find","arguments":{"n":7}}],"toolResults":[1]}"#
        )
    }

    // IOP-30, IOP-32
    @Test func spansOfOpenLLMetryAreKnown() throws {
        let schema = #"{"type":"object","properties":{"n":{"type":"integer"}}}"#
        let asked = try read(
            [
                ("llm.request.type", "chat"), ("gen_ai.prompt.0.role", "user"), ("gen_ai.prompt.0.content", "Hello"),
                ("llm.request.functions.0.name", "find"), ("llm.request.functions.0.description", "Finds."),
                ("llm.request.functions.0.parameters", schema), ("llm.request.functions.1.name", "thank"),
                ("traceloop.association.properties.session_id", "conversation 7"),
                ("traceloop.association.properties.user_id", "user 7"),
            ],
            []
        )
        #expect(asked[0].traceId == "conversation 7" && asked[0].externalUserId == "user 7")
        let tools = try JSONDocument(asked[0].metadata ?? []).root["tools"]
        #expect(
            text(tools?.slice)
                == #"[{"type":"function","function":{"name":"find","description":"Finds.","parameters":\#(schema)}},"#
                + #"{"type":"function","function":{"name":"thank"}}]"#
        )
        let tool = try read(
            [
                ("traceloop.span.kind", "tool"), ("traceloop.entity.name", "find"),
                ("traceloop.entity.input", #"{"n":7}"#), ("traceloop.entity.output", "there"),
            ],
            []
        )
        #expect(
            text(tool.last?.content) == #"{"toolCalls":[{"name":"find","arguments":{"n":7}}],"toolResults":"there"}"#
        )
        let embedding = try read(
            [("llm.request.type", "embedding"), ("gen_ai.request.model", "e"), ("gen_ai.prompt.0.content", "parcel")],
            []
        )
        #expect(embedding.map(\.eventType) == [.embeddingRequest, .embeddingResponse])
        #expect(text(embedding[0].content) == #"{"input":["parcel"]}"#)
        #expect(try read([("llm.request.type", "rerank"), ("gen_ai.request.model", "r")], []).isEmpty)
    }
}
