import Testing

@testable import WhyOps

struct RequestReadingTests {
    static let frame =
        (0x61...0x63).reduce("\u{200B}") { text, byte in
            text + (0..<8).reversed().map { byte >> $0 & 1 == 1 ? "\u{200C}" : "\u{200D}" }.joined()
        } + "\u{200E}"

    private func read(_ body: String, _ format: ExchangeFormat = .chat) throws -> RequestReading {
        try RequestReading(Array(body.utf8), format: format)
    }

    private func forwarded(_ body: String, _ format: ExchangeFormat = .chat) throws -> String {
        String(decoding: try read(body, format).forwarded, as: UTF8.self)
    }

    @Test func everyStringValueIsStrippedAndNothingElseChanges() throws {
        let body = """
            { "model" : "mFRAME", "n": 1.10, "messages":[{"role":"system","content":"sFRAME"},{"role":"user","content":[
            {"type":"text","text":"uFRAME"},{"type":"image_url","image_url":{"url":"data:;base64,AAAAFRAME"}}]},
            {"role":"tool","tool_call_id":"c","content":"tFRAME"}], "keyFRAME": {"deep":[[["dFRAME"]]]} , "model" : "m2" }
            """
        let result = try forwarded(body.replacing("FRAME", with: Self.frame))
        // The names of members are no values.
        #expect(
            result
                == body.replacing("keyFRAME", with: "key" + Self.frame).replacing("\"mFRAME\"", with: "\"m\"")
                .replacing("FRAME\"", with: "\"").replacing("key" + Self.frame + "\"", with: "key" + Self.frame + "\"")
        )
    }

    @Test func thinkingBlocksStayAsTheyAre() throws {
        let body = """
            {"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"xFRAME","signature":"s"},\
            {"data":"dFRAME","type":"redacted_thinking"},{"type":"text","text":"yFRAME"}]}]}
            """
        let result = try forwarded(body.replacing("FRAME", with: Self.frame), .messages)
        #expect(result == body.replacing("yFRAME", with: "y").replacing("FRAME", with: Self.frame))
    }

    @Test func escapedFramesAreStripped() throws {
        let escaped = Self.frame.unicodeScalars.map { "\\u" + String($0.value, radix: 16, uppercase: $0 == "\u{200B}") }
            .joined()
        #expect(
            try forwarded("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\(escaped)b\"}]}")
                == "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"ab\"}]}"
        )
        // A backslash that is escaped itself is text.
        let text = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\\\(escaped)b\"}]}"
        #expect(try forwarded(text) == text)
    }

    @Test(arguments: [
        (#"{\"_whyops_trace_id\":\"t1\",\"a\":1.10}"#, #"{\"a\":1.10}"#),
        (#"{\"a\": 1 , \"_whyops_trace_id\" : \"t1\" }"#, #"{\"a\": 1 }"#),
        (#"{\"_whyops_trace_id\":\"t1\"}"#, #"{}"#),
        (#"{\"_whyops_trace_id\":\"x\",\"_whyops_trace_id\":\"t1\"}"#, #"{}"#),
        (#"{\"a\":1,\"_whyops_trace_id\":\"x\",\"_whyops_trace_id\":\"t1\",\"b\":2}"#, #"{\"a\":1,\"b\":2}"#),
        (#"{\"_whyops_trace_id\":\"x\",\"_whyops_trace_id\":\"t1\",\"b\":2}"#, #"{\"b\":2}"#),
        (
            #"{\"d\":{\"_whyops_trace_id\":\"in\"},\"_whyops_trace_id\":\"t1\"}"#,
            #"{\"d\":{\"_whyops_trace_id\":\"in\"}}"#
        ),
    ])
    func traceIDIsTakenOutOfToolArguments(_ arguments: String, _ expected: String) throws {
        func body(_ arguments: String) -> String {
            """
            {"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",\
            "function":{"name":"f","arguments":"\(arguments)"}}]}]}
            """
        }
        let reading = try read(body(arguments))
        #expect(String(decoding: reading.forwarded, as: UTF8.self) == body(expected))
        #expect(reading.turns.first?.toolArgument?.text == "t1")
        #expect(reading.turns.first?.echoes.map(\.text) == ["c1"])
    }

    @Test func traceIDIsTakenOutOfToolUseInput() throws {
        let body = """
            {"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f",\
            "input":{"a":1,"_whyops_trace_id":"t1"}}]}]}
            """
        let reading = try read(body, .messages)
        #expect(
            String(decoding: reading.forwarded, as: UTF8.self)
                == body.replacing(",\"_whyops_trace_id\":\"t1\"", with: "")
        )
        #expect(
            reading.turns == [
                AssistantTurn(echoes: [try #require(EchoID(.toolCall, "toolu_1"))], toolArgument: TraceID("t1"))
            ]
        )
    }

    @Test(arguments: ["{oops", "[1]", "\\\"_whyops_trace_id\\\"", ""])
    func argumentsThatAreNoObjectStayAsTheyAre(_ arguments: String) throws {
        let body =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"\(arguments)\"}}]}]}"
        #expect(try forwarded(body) == body)
    }

    @Test(arguments: [
        ("[]", "request.body-type", ""), ("{\"messages\":[]}", "request.member-missing", "/model"),
        ("{\"model\":5,\"messages\":[]}", "request.member-type", "/model"),
        ("{\"model\":\"m\"}", "request.member-missing", "/messages"),
        ("{\"model\":\"m\",\"messages\":\"hi\"}", "request.member-type", "/messages"),
        ("{\"model\":", "json.unexpected-end", ""),
    ])
    func badBodyIsRefusedWithItsPointer(_ body: String, _ code: String, _ pointer: String) {
        let fault = #expect(throws: ExchangeFault.self) { try read(body) }
        #expect(fault?.code == code)
        #expect(fault?.pointer == pointer)
    }

    static let constraints: [(String, SignatureConstraint?)] = [
        ("\"temperature\":0", nil), ("\"response_format\":{\"type\":\"json_object\"}", .structuredOutput),
        ("\"response_format\":{\"type\":\"text\"}", nil), ("\"response_format\":null", nil),
        ("\"output_format\":{\"type\":\"json_schema\"}", .structuredOutput),
        ("\"output_config\":{\"format\":{\"type\":\"json_schema\"}}", .structuredOutput),
        ("\"output_config\":{\"effort\":\"low\"}", nil),
        ("\"guided_json\":{}", .structuredOutput), ("\"logprobs\":true", .logprobs), ("\"logprobs\":false", nil),
        ("\"modalities\":[\"text\",\"audio\"]", .audio), ("\"modalities\":[\"text\"]", nil),
        ("\"prediction\":{}", .prediction),
        ("\"max_tokens\":16", .tokenLimit), ("\"max_completion_tokens\":1", .tokenLimit), ("\"max_tokens\":17", nil),
    ]

    @Test(arguments: constraints.indices)
    func constrainedOutputGetsNoSignature(_ index: Int) throws {
        let (member, constraint) = Self.constraints[index]
        let reading = try read("{\"model\":\"m\",\(member),\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
        #expect(reading.constraint == constraint)
    }

    @Test func prefillGetsNoSignature() throws {
        let reading = try read(
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"{\"}]}",
            .messages
        )
        #expect(reading.constraint == .prefill)
    }

    @Test func toolResultsAreToldFromWords() throws {
        #expect(try read(#"{"model":"m","messages":[{"role":"tool","content":"x"}]}"#).bringsToolResults)
        #expect(
            try !read(#"{"model":"m","messages":[{"role":"tool","content":"x"},{"role":"user","content":"y"}]}"#)
                .bringsToolResults
        )
        #expect(
            try read(
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}"#,
                .messages
            ).bringsToolResults
        )
    }
}
