import Testing

@testable import WhyOps

/// Streams at every split point, with every line ending, compared with the same reply as one body.
struct ReplyStreamTests {
    static let frame = Array("<SIGNATURE>".utf8)

    private static func run(_ format: ExchangeFormat, _ chunks: [ArraySlice<UInt8>], frame: [UInt8]? = frame) -> (
        String, ReplyCapture
    ) {
        var stream = ReplyStream(format: format, frame: frame)
        var output: [UInt8] = []
        for chunk in chunks { output += stream.read(Array(chunk).span) }
        output += stream.finish()
        return (String(decoding: output, as: UTF8.self), stream.capture)
    }

    private static func chunk(_ delta: String, finish: String = "null", index: Int = 0) -> String {
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1.0,\"model\":\"m\",\"x\":[],"
            + "\"choices\":[{\"index\":\(index),\"delta\":\(delta),\"finish_reason\":\(finish)}]}\n\n"
    }

    private static func text(_ text: String, index: Int = 0) -> String {
        chunk("{\"content\":\"\(text)\"}", index: index)
    }

    private static func ours(_ text: String, index: Int = 0) -> String {
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1.0,\"model\":\"m\","
            + "\"choices\":[{\"index\":\(index),\"delta\":{\"content\":\"\(text)\"},\"finish_reason\":null}]}\n\n"
    }

    private static let stop = chunk("{}", finish: "\"stop\"")
    private static let done = "data: [DONE]\n\n"

    /// What comes in, and what goes out.
    static let chat: [(name: String, input: String, output: String)] = [
        (
            "frame before the finish chunk", text("Hello my") + text(" friend.") + stop + done,
            text("Hello my") + text(" friend.") + ours("<SIGNATURE>") + stop + done
        ),
        (
            "white space is held and comes after the frame", text("Hello my friend. ") + text("\\n") + stop + done,
            text("Hello my friend.") + text("") + ours("<SIGNATURE> \\n") + stop + done
        ),
        (
            "white space between words moves to the next delta",
            text("Hello ") + text("my") + text(" friend.") + stop + done,
            text("Hello") + text(" my") + text(" friend.") + ours("<SIGNATURE>") + stop + done
        ),
        ("one word carries nothing", text("Hello.") + stop + done, text("Hello.") + stop + done),
        (
            "held white space of an unsigned reply comes back", text("Hello.\\n") + stop + done,
            text("Hello.") + ours("\\n") + stop + done
        ),
        (
            "JSON passes byte for byte", text("{ \\\"a\\\": \\\"one two three\\\" } ") + stop + done,
            text("{ \\\"a\\\": \\\"one two three\\\" } ") + stop + done
        ),
        (
            "frame inside the finish chunk's own text",
            chunk("{\"content\":\"Hello my friend.\\n\"}", finish: "\"stop\"") + done,
            chunk("{\"content\":\"Hello my friend.<SIGNATURE>\\n\"}", finish: "\"stop\"") + done
        ),
        (
            "a stream that breaks off gains nothing and loses nothing", text("Hello my friend. "),
            text("Hello my friend.") + ours(" ")
        ),
        (
            "what is held does not run into a line without an end (EXC-46)",
            text("Hello my friend. ") + "data: {\"id\":\"c\",\"cho",
            text("Hello my friend.") + ours(" ") + "data: {\"id\":\"c\",\"cho"
        ),
        (
            "an event without its blank line that would leave something to hold goes as it came (EXC-46)",
            text("Hello ") + String(text("my friend. ").dropLast(2)),
            text("Hello") + ours(" ") + String(text("my friend. ").dropLast(2))
        ),
        (
            "a finish chunk without its blank line is signed as any other",
            text("Hello my friend. ") + String(stop.dropLast()),
            text("Hello my friend.") + ours("<SIGNATURE> ") + String(stop.dropLast())
        ),
        (
            "a choice that ends in the event of its last text gets the frame behind that text",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello my friend. \"}},{\"index\":0,\"delta\":{},"
                + "\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello my friend.<SIGNATURE> \"}},{\"index\":0,"
                + "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        ),
        (
            "[DONE] without a finish chunk", text("Hello my friend. ") + done,
            text("Hello my friend.") + ours(" ") + done
        ),
        (
            "each choice has its own frame",
            text("Hello my friend.") + text("Good day to you.", index: 1) + stop
                + chunk("{}", finish: "\"stop\"", index: 1) + done,
            text("Hello my friend.") + text("Good day to you.", index: 1) + ours("<SIGNATURE>") + stop
                + ours("<SIGNATURE>", index: 1) + chunk("{}", finish: "\"stop\"", index: 1) + done
        ),
        (
            "comments and unknown events keep their place",
            ": wait\n\n" + text("Hello my friend.") + ": wait\n\ndata: not json\n\nevent: x\nid: 1\n\n" + stop + done,
            ": wait\n\n" + text("Hello my friend.") + ": wait\n\ndata: not json\n\nevent: x\nid: 1\n\n"
                + ours("<SIGNATURE>")
                + stop + done
        ),
    ]

    @Test(arguments: chat.indices, ["\n", "\r\n", "\r"])
    func chatStream(_ index: Int, _ ending: String) {
        let (name, input, output) = Self.chat[index]
        let bytes = Array(input.replacing("\n", with: ending).utf8)
        let expected = output.replacing("\n", with: ending)
        #expect(Self.run(.chat, [bytes[...]]).0 == expected, "\(name)")
        for cut in 0...bytes.count {
            let (result, _) = Self.run(.chat, [bytes[..<cut], bytes[cut...]])
            #expect(result == expected, "\(name), cut at \(cut)")
        }
        #expect(Self.run(.chat, bytes.indices.map { bytes[$0...$0] }).0 == expected, "\(name), byte by byte")
        #expect(
            Self.run(.chat, [bytes[...]], frame: nil).0 == String(decoding: bytes, as: UTF8.self),
            "\(name), unsigned"
        )
    }

    @Test func atMost64ScalarsAreHeld() {
        let spaces = String(repeating: " ", count: 70)
        let (output, _) = Self.run(.chat, [Array((Self.text("Hello my friend." + spaces) + Self.stop).utf8)[...]])
        let released = String(repeating: " ", count: 6)
        let held = String(repeating: " ", count: 64)
        #expect(output == Self.text("Hello my friend." + released) + Self.ours("<SIGNATURE>" + held) + Self.stop)
        let whole = WholeReply(
            Array("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello my friend.\(spaces)\"}}]}".utf8),
            format: .chat,
            frame: Self.frame
        )
        #expect(
            whole?.edits.first?.range.lowerBound
                == "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello my friend.".utf8.count + 6
        )
    }

    @Test func dataOverTwoLinesIsEditedInPlace() {
        let input =
            "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"Hello my friend.\\n\"},\"finish_reason\":\"stop\"}]}\n\n"
        let (output, _) = Self.run(.chat, [Array(input.utf8)[...]])
        #expect(output == input.replacing("friend.", with: "friend.<SIGNATURE>"))
    }

    // MARK: Anthropic

    private static func event(_ type: String, _ rest: String) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\"\(rest)}\n\n"
    }

    private static let messages =
        event(
            "message_start",
            ",\"message\":{\"id\":\"msg_1\",\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}"
        )
        + event("ping", "")
        + event(
            "content_block_start",
            ",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"
        )
        + event(
            "content_block_delta",
            ",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Let me see now. \"}"
        )
        + event(
            "content_block_delta",
            ",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2VhbA==\"}"
        )
        + event("content_block_stop", ",\"index\":0")
        + event("content_block_start", ",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
        + event("content_block_delta", ",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello my friend.\"}")
        + "SIGNED"
        + event("content_block_stop", ",\"index\":1")
        + event(
            "content_block_start",
            ",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"f\",\"input\":{}}"
        )
        + event(
            "content_block_delta",
            ",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1.10}\"}"
        )
        + event("content_block_stop", ",\"index\":2")
        + event(
            "content_block_start",
            ",\"index\":3,\"content_block\":{\"type\":\"text\",\"text\":\"A second text block here.\"}"
        )
        + event("content_block_stop", ",\"index\":3")
        + event("message_delta", ",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":9}")
        + event("message_stop", "")

    private static let messagesBody =
        "{\"id\":\"msg_1\",\"type\":\"message\",\"model\":\"m\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"Let me see now. \","
        + "\"signature\":\"c2VhbA==\"},{\"type\":\"text\",\"text\":\"Hello my friend.SIGNED\"},{\"type\":\"tool_use\",\"id\":\"toolu_1\","
        + "\"name\":\"f\",\"input\":{\"a\":1.10}},{\"type\":\"text\",\"text\":\"A second text block here.\"}],"
        + "\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":5,\"output_tokens\":9}}"

    @Test(arguments: ["\n", "\r\n", "\r"])
    func messagesStream(_ ending: String) {
        let bytes = Array(Self.messages.replacing("SIGNED", with: "").replacing("\n", with: ending).utf8)
        let delta = Self.event(
            "content_block_delta",
            ",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"<SIGNATURE>\"}"
        )
        let expected = Self.messages.replacing("SIGNED", with: delta).replacing("\n", with: ending)
        for cut in 0...bytes.count {
            #expect(Self.run(.messages, [bytes[..<cut], bytes[cut...]]).0 == expected, "cut at \(cut)")
        }
    }

    @Test func wholeMessageGetsTheFrameInItsFirstTextBlock() throws {
        let body = Array(Self.messagesBody.replacing("SIGNED", with: "").utf8)
        let reply = try #require(WholeReply(body, format: .messages, frame: Self.frame))
        #expect(
            String(decoding: body.applying(reply.edits), as: UTF8.self)
                == Self.messagesBody.replacing("SIGNED", with: "<SIGNATURE>")
        )
    }

    @Test func replyThatIsNotReadPassesAsItCame() {
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        let body = "{\"choices\":[{\"message\":{\"content\":\"Hello my friend.\"}}],\"x\":\(deep)}"
        let reply = WholeReply(Array(body.utf8), format: .chat, frame: Self.frame)
        #expect(reply?.edits == [])
        #expect(reply?.capture.isComplete == false)
        #expect(WholeReply(Array("<html>".utf8), format: .chat, frame: Self.frame) == nil)
        #expect(WholeReply(Array("[1]".utf8), format: .chat, frame: Self.frame)?.edits == [])
    }

    /// EXC-51.
    @Test func streamedAndWholeRepliesAreCapturedAlike() throws {
        let (_, streamed) = Self.run(.messages, [Array(Self.messages.replacing("SIGNED", with: "").utf8)[...]])
        let whole = try #require(
            WholeReply(Array(Self.messagesBody.replacing("SIGNED", with: "").utf8), format: .messages, frame: nil)
        )
        #expect(try events(streamed) == events(whole.capture))

        let chat =
            Self.text("Hello my") + Self.text(" friend.")
            + Self.chunk(
                "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"
            ) + Self.stop + Self.done
        let body =
            "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello my friend.\",\"refusal\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"stop\"}]}"
        let (_, streamedChat) = Self.run(.chat, [Array(chat.utf8)[...]])
        let wholeChat = try #require(WholeReply(Array(body.utf8), format: .chat, frame: nil))
        #expect(try events(streamedChat) == events(wholeChat.capture))
    }

    private func events(_ capture: ReplyCapture) throws -> [String] {
        let id = try #require(TraceID("t"))
        let resolution = TraceResolution(traceHeader: nil, threadHeader: nil, turns: [], known: [:], fresh: id)
        let events = ExchangeEvents(
            resolution: resolution,
            agentName: "a",
            externalUserID: nil,
            spanID: "s",
            provider: "p"
        )
        return events.reply(
            capture,
            model: "m",
            ending: .complete,
            latency: 1,
            firstToken: nil,
            at: "2026-01-01T00:00:00.000Z"
        )
        .map { String(decoding: $0.json, as: UTF8.self) }
    }

    @Test func echoedIDsAreKnownWithTheBytesThatCarryThem() {
        var stream = ReplyStream(format: .chat, frame: nil)
        _ = stream.read(
            Array(Self.chunk("{\"tool_calls\":[{\"index\":0,\"id\":\"call_9\",\"function\":{\"name\":\"f\"}}]}").utf8)
                .span
        )
        #expect(stream.takeEchoes().map(\.text) == ["call_9"])
        #expect(stream.takeEchoes().isEmpty)
    }
}
