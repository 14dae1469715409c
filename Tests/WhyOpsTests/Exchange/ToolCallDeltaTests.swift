import Testing

@testable import WhyOps

/// Which call of a chat stream a delta belongs to (EXC-87, EXC-95).
struct ToolCallDeltaTests {
    private static func delta(_ index: Int?, _ id: String, _ name: String, _ arguments: String) -> String {
        let number = index.map { "\"index\":\($0)," } ?? ""
        let names = (id.isEmpty ? "" : "\"id\":\"\(id)\",") + (name.isEmpty ? "" : "\"type\":\"function\",")
        let function = (name.isEmpty ? "" : "\"name\":\"\(name)\",") + "\"arguments\":\"\(arguments)\""
        return "{\(number)\(names)\"function\":{\(function)}}"
    }

    /// The `tool_calls` of each chunk, and the calls: id, name, arguments.
    static let streams: [(name: String, chunks: [[String]], calls: [String])] = [
        (
            "pieces of two calls take turns",
            [
                [delta(0, "a", "f", ""), delta(1, "b", "g", "")], [delta(1, "", "", "2")], [delta(0, "", "", "1")],
                [delta(1, "b", "", "4"), delta(0, "a", "", "3")],
            ],
            ["a f 13", "b g 24"]
        ),
        (
            "every call is number 0, and pieces belong to the last one",
            [[delta(0, "a", "f", "1")], [delta(0, "b", "f", "2")], [delta(0, "", "", "3")], [delta(0, "c", "g", "4")]],
            ["a f 1", "b f 23", "c g 4"]
        ),
        (
            "no call has a number",
            [[delta(nil, "a", "f", "1"), delta(nil, "b", "g", "2")], [delta(nil, "c", "f", "3")]],
            ["a f 1", "b g 2", "c f 3"]
        ),
        (
            "an id in every piece, without the name",
            [[delta(0, "a", "f", "1")], [delta(0, "b", "", "2")]], ["b f 12"]
        ),
        (
            "no call has a number, and pieces have no id",
            [
                [delta(nil, "a", "f", "1")], [delta(nil, "", "", "2")], [delta(nil, "b", "g", "3")],
                [delta(nil, "", "", "4")],
            ],
            ["a f 12", "b g 34"]
        ),
        (
            "no call has a number, and pieces have their id",
            [
                [delta(nil, "a", "f", "1"), delta(nil, "b", "g", "2")], [delta(nil, "a", "", "3")],
                [delta(nil, "b", "", "4")], [delta(nil, "", "", "5")],
            ],
            ["a f 13", "b g 245"]
        ),
        (
            "several without a number go on at once",
            [
                [delta(nil, "a", "f", "1"), delta(nil, "b", "g", "2")],
                [delta(nil, "", "", "3"), delta(nil, "", "", "4")],
            ],
            ["a f 13", "b g 24"]
        ),
        (
            "neither a number nor an id",
            [[delta(nil, "", "f", "1")], [delta(nil, "", "", "2")], [delta(nil, "", "f", "3")]],
            [" f 12", " f 3"]
        ),
        (
            "an id without a name that is new",
            [[delta(nil, "a", "f", "1")], [delta(nil, "b", "", "2")]],
            ["a f 1", "b  2"]
        ),
        (
            "every call is number 0, and pieces have their id",
            [[delta(0, "a", "f", "1")], [delta(0, "b", "f", "2")], [delta(0, "a", "", "3")]],
            ["a f 13", "b f 2"]
        ),
        (
            "the highest number there is, and then none",
            [[delta(.max, "a", "f", "1")], [delta(nil, "b", "g", "2")], [delta(nil, "c", "h", "3")]],
            ["b g 2", "c h 3", "a f 1"]
        ),
    ]

    @Test(arguments: streams.indices) func deltaBelongsToItsCall(_ at: Int) {
        let (name, chunks, calls) = Self.streams[at]
        var stream = ReplyStream(format: .chat, frame: nil)
        for chunk in chunks {
            let delta = "{\"tool_calls\":[\(chunk.joined(separator: ","))]}"
            let event = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":\(delta),\"finish_reason\":null}]}\n\n"
            _ = stream.read(Array(event.utf8).span)
        }
        let found = stream.capture.choices.first?.toolCalls.map { call in
            let parts = [call.id ?? [], call.name, call.arguments]
            return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }
        #expect(found == calls, Comment(rawValue: name))
    }

    /// EXC-53, EXC-57: a call keeps what came of it, whoever runs it.
    @Test(arguments: [
        ("function_call", "arguments", "function_call_arguments"),
        ("custom_tool_call", "input", "custom_tool_call_input"),
        ("mcp_call", "arguments", "mcp_call_arguments"),
        ("code_interpreter_call", "code", "code_interpreter_call_code"),
    ])
    func callThatIsBrokenOffKeepsItsPieces(_ item: String, _ member: String, _ event: String) throws {
        var stream = ReplyStream(format: .responses, frame: nil)
        let added = #"{"type":"\#(item)","id":"c","name":"f","\#(member)":""}"#
        let delta = #"{"type":"response.\#(event).delta","output_index":0,"item_id":"c","delta":""#
        for data in [
            #"{"type":"response.output_item.added","output_index":0,"item":\#(added)}"#, delta + #"{\"a"}"#,
            delta + #"\":"}"#,
        ] {
            _ = stream.read(Array("data: \(data)\n\n".utf8).span)
        }
        _ = stream.finish()
        let call = try #require(stream.capture.choices.first?.toolCalls.first)
        #expect(String(decoding: call.arguments, as: UTF8.self) == #"{"a":"#)
    }

    /// EXC-96: a stream that ends after a chunk that says nothing of an end has been cut off.
    @Test(arguments: [(#""""#, false), ("null", false), (#""stop""#, true)])
    func emptyFinishReasonIsNone(_ reason: String, _ isFinished: Bool) {
        var stream = ReplyStream(format: .chat, frame: nil)
        let choice = #"{"index":0,"delta":{"content":"x"},"finish_reason":\#(reason)}"#
        _ = stream.read(Array("data: {\"id\":\"c\",\"choices\":[\(choice)]}\n\n".utf8).span)
        #expect(stream.capture.isFinished == isFinished)
        #expect((stream.capture.choices.first?.finishReason != nil) == isFinished)
    }
}
