import Testing

@testable import WhyOps

/// What a chat reply says that the model thought (EXC-92, EXC-93), streamed and whole (EXC-51).
struct ThoughtTests {
    private static let plain = #""content":"The order left on Monday.""#
    private static let call = #""tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]"#

    private static func detail(_ type: String, _ members: String) -> String {
        #"{"type":"reasoning.\#(type)",\#(members)}"#
    }

    /// The members of each delta, those of the whole message, and the events' contents.
    static let replies: [(name: String, deltas: [String], message: String, thoughts: [String])] = [
        (
            "both names and details say the same",
            [
                #""reasoning":"Let me","reasoning_details":[\#(detail("text", #""text":"Let me""#))]"#,
                #""reasoning":" think.","reasoning_content":"Let me think.","reasoning_details":[]"#, plain,
            ],
            #""reasoning":"Let me think.","reasoning_content":"Let me think.",\#(plain)"#,
            [#"{"type":"thinking","thinking":"Let me think."}"#]
        ),
        (
            "a sealed text, and what is hidden",
            [
                #""reasoning":"Hm\u00e9","reasoning_details":[\#(detail("text", #""text":"Hm\u00e9""#))]"#,
                #""reasoning":null,"reasoning_details":[\#(detail("text", #""text":null,"signature":"Eq+/=""#))]"#,
                #""reasoning_details":[\#(detail("encrypted", #""data":"gA1""#))]"#,
                #""reasoning_details":[\#(detail("encrypted", #""data":"gA2""#))]"#, call,
            ],
            #""reasoning":"Hmé","reasoning_details":["#
                + [
                    detail("encrypted", #""data":"gA1""#), detail("text", #""text":"Hmé","signature":"Eq+/=""#),
                    detail("encrypted", #""data":"gA2""#), detail("encrypted", #""data":"""#),
                ].joined(separator: ",") + "],\(call)",
            [
                #"{"type":"thinking","thinking":"Hmé","signature":"Eq+/="}"#,
                #"{"type":"redacted_thinking","data":"gA1"}"#, #"{"type":"redacted_thinking","data":"gA2"}"#,
            ]
        ),
        (
            "summaries alone",
            [
                #""reasoning_details":[\#(detail("summary", #""summary":"A ""#))]"#,
                #""reasoning_details":[\#(detail("summary", #""summary":"b.""#)),\#(detail("other", #""text":"c""#)),7]"#,
                plain,
            ],
            #""reasoning_details":[\#(detail("summary", #""summary":"A b.""#))],\#(plain)"#,
            [#"{"type":"thinking","thinking":"A b."}"#]
        ),
        (
            "parts of the content",
            [
                #""content":[{"type":"thinking","thinking":[{"type":"text","text":"A "},{"type":"reference"}]}]"#,
                #""content":[{"type":"thinking","thinking":"b."},{"type":"text","text":"The order left."}]"#,
            ],
            #""content":[{"type":"thinking","thinking":[{"type":"text","text":"A b."}]},{"type":"text","text":"The order left."}]"#,
            [#"{"type":"thinking","thinking":"A b."}"#]
        ),
        (
            "nothing was thought",
            [#""reasoning":"","reasoning_content":null,"reasoning_details":null"#, #""reasoning":{"a":"b"}"#, plain],
            #""reasoning":null,"reasoning_content":"","reasoning_details":[],\#(plain)"#, []
        ),
    ]

    private func thoughts(_ capture: ReplyCapture) throws -> [String] {
        let id = try #require(TraceID("t"))
        let resolution = TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: id)
        let events = ExchangeEvents(
            resolution: resolution,
            agentName: "a",
            externalUserID: nil,
            spanID: "s",
            provider: "p"
        ).reply(capture, model: "m", ending: .complete, latency: 1, firstToken: nil, at: "2026-01-01T00:00:00.000Z")
        #expect(events.last?.eventType == .llmResponse)
        return try events.dropLast().map { event in
            #expect(event.eventType == .llmThinking)
            return String(decoding: try JSONDocument(event.json).root["content"]?.slice ?? [], as: UTF8.self)
        }
    }

    @Test(arguments: replies.indices) func thoughtsAreRecordedOnce(_ at: Int) throws {
        let (name, deltas, message, expected) = Self.replies[at]
        var stream = ReplyStream(format: .chat, frame: nil)
        for delta in deltas {
            let choice = "{\"index\":0,\"delta\":{\(delta)},\"finish_reason\":null}"
            let bytes = Array("data: {\"id\":\"c\",\"choices\":[\(choice)]}\n\n".utf8)
            #expect(stream.read(bytes.span) == bytes)
        }
        #expect(try thoughts(stream.capture) == expected, Comment(rawValue: "streamed: " + name))
        let body = Array("{\"choices\":[{\"message\":{\(message)},\"finish_reason\":\"stop\"}]}".utf8)
        let whole = try #require(WholeReply(body, format: .chat, frame: nil))
        #expect(try thoughts(whole.capture) == expected, Comment(rawValue: "whole: " + name))
    }

    /// EXC-21: they are no text that may carry a frame, whether text follows or a call.
    @Test(arguments: ["\"reasoning\":\"One two three.\"", "\"reasoning_content\":\"One two three.\""])
    func thoughtsCarryNothing(_ thought: String) throws {
        let frame = Array("<SIGNATURE>".utf8)
        for (members, count) in [(Self.plain, 1), (Self.call, 0)] {
            let body = Array("{\"choices\":[{\"message\":{\(thought),\(members)}}]}".utf8)
            let whole = try #require(WholeReply(body, format: .chat, frame: frame))
            #expect(whole.edits.count == count)
            if let edit = whole.edits.first {
                #expect(String(decoding: body[..<edit.range.lowerBound], as: UTF8.self).hasSuffix("on Monday."))
            }
            let events = [thought, members, ""].map { delta in
                let end = delta.isEmpty ? "\"stop\"" : "null"
                return "data: {\"choices\":[{\"index\":0,\"delta\":{\(delta)},\"finish_reason\":\(end)}]}\n\n"
            }
            var stream = ReplyStream(format: .chat, frame: frame)
            #expect(!stream.hasSpoken)
            // EXC-70: a thought is the first that has come.
            #expect(stream.read(Array(events[0].utf8).span) == Array(events[0].utf8))
            #expect(stream.hasSpoken)
            let rest = stream.read(Array((events[1] + events[2]).utf8).span) + stream.finish()
            #expect(stream.capture.signatures == count)
            #expect((rest == Array((events[1] + events[2]).utf8)) == (count == 0))
        }
    }

    /// EXC-50: in the order of the choices, whichever comes first.
    @Test func choicesTakeTurns() throws {
        var stream = ReplyStream(format: .chat, frame: nil)
        for (index, piece) in [(1, "c"), (0, "a"), (1, "d"), (0, "b")] {
            let event = "data: {\"choices\":[{\"index\":\(index),\"delta\":{\"reasoning\":\"\(piece)\"}}]}\n\n"
            _ = stream.read(Array(event.utf8).span)
        }
        #expect(try thoughts(stream.capture) == ["ab", "cd"].map { #"{"type":"thinking","thinking":"\#($0)"}"# })
    }

    /// EXC-39, EXC-48: thoughts count in what is kept of a stream.
    @Test func thoughtsWithoutEnd() {
        var stream = ReplyStream(format: .chat, frame: nil)
        let fill = String(repeating: "x", count: 1_000_000)
        for _ in 0..<40 {
            let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"\(fill)\"}}]}\n\n"
            _ = stream.read(Array(event.utf8).span)
        }
        #expect(stream.capture.thinking.map(\.text.count) == [33_000_000])
        #expect(!stream.capture.isComplete)

        var hidden = ReplyStream(format: .chat, frame: nil)
        let details = [String](repeating: Self.detail("encrypted", "\"data\":\"x\""), count: 3000)
        let delta = "{\"reasoning_details\":[\(details.joined(separator: ","))]}"
        _ = hidden.read(Array("data: {\"choices\":[{\"index\":0,\"delta\":\(delta)}]}\n\n".utf8).span)
        #expect(hidden.capture.thinking.count == 1024)
        #expect(!hidden.capture.isComplete)
    }
}
