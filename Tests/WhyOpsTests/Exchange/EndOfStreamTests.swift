import Testing

@testable import WhyOps

/// Which streams were cut off although they ended in order (EXC-60).
struct EndOfStreamTests {
    private static func isFinished(_ format: ExchangeFormat, _ events: [String]) -> Bool {
        var stream = ReplyStream(format: format, frame: nil)
        _ = stream.read(Array(events.map { "data: \($0)\n\n" }.joined().utf8).span)
        _ = stream.finish()
        return stream.capture.isFinished
    }

    private static func chunk(_ index: Int, _ finish: String) -> String {
        "{\"choices\":[{\"index\":\(index),\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\(finish)}]}"
    }

    @Test func chat() {
        #expect(!Self.isFinished(.chat, []))
        #expect(!Self.isFinished(.chat, [Self.chunk(0, "null")]))
        #expect(!Self.isFinished(.chat, [Self.chunk(0, "\"stop\""), Self.chunk(1, "null")]))
        #expect(!Self.isFinished(.chat, [Self.chunk(0, "null"), "{\"error\":{\"message\":\"x\"}}"]))
        #expect(Self.isFinished(.chat, [Self.chunk(0, "null"), "[DONE]"]))
        #expect(Self.isFinished(.chat, [Self.chunk(0, "null"), Self.chunk(0, "\"stop\"")]))
        #expect(Self.isFinished(.chat, ["[DONE]"]))
    }

    @Test func messages() {
        let begin = [
            "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"stop_reason\":null}}",
            "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"Hi\"}}",
            "{\"type\":\"content_block_stop\",\"index\":0}",
        ]
        #expect(!Self.isFinished(.messages, begin))
        #expect(!Self.isFinished(.messages, begin + ["{\"type\":\"error\",\"error\":{\"type\":\"x\"}}"]))
        #expect(Self.isFinished(.messages, begin + ["{\"type\":\"message_stop\"}"]))
        #expect(
            Self.isFinished(
                .messages,
                begin + ["{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}"]
            )
        )
    }

    @Test(arguments: ["completed", "incomplete", "failed"])
    func responses(_ end: String) {
        let begin = [
            "{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"status\":\"in_progress\",\"output\":[]}}",
            "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"}",
        ]
        let last = "{\"type\":\"response.\(end)\",\"response\":{\"status\":\"\(end)\",\"output\":[]}}"
        #expect(!Self.isFinished(.responses, begin))
        #expect(!Self.isFinished(.responses, begin + ["{\"type\":\"error\",\"code\":\"x\"}"]))
        #expect(Self.isFinished(.responses, begin + [last]))
    }

    @Test(arguments: [true, false]) func whatIsNotCapturedCountsAllTheSame(_ isWhole: Bool) {
        var stream = ReplyStream(format: .chat, frame: nil)
        stream.limitCapture(to: 0)
        let events = [Self.chunk(0, "null"), Self.chunk(0, isWhole ? "\"stop\"" : "null")]
        _ = stream.read(Array(events.map { "data: \($0)\n\n" }.joined().utf8).span)
        _ = stream.finish()
        #expect(!stream.capture.isComplete)
        #expect(stream.capture.isFinished == isWhole)
    }

    /// What follows an event that is too large to be read, and whether that is an end (EXC-94).
    static let ends: [(format: ExchangeFormat, text: String, isEnd: Bool)] = [
        (.chat, "data: [DONE]\n\n", true),
        (.chat, "data:[DONE]", true),
        (.chat, "data: [DONE] \n\n", false),
        (.chat, ": [DONE]\n\n", false),
        (.chat, "data: {\"choices\":[]}\n\n", false),
        (.chat, "", false),
        (.messages, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", true),
        (.messages, "event:message_stop\ndata:{}\n\n", true),
        (.messages, "data: {\"type\": \"message_stop\"}\n\n", true),
        (.messages, "event: message_stop\ndata: {\"type\":\"mess", false),
        (.messages, "event: message_stop\ndata: {\"type\":\"message_stop\"} \n\n", true),
        (.messages, "event: message_stop\n", false),
        (.messages, "event: message_stopped\ndata: {}\n\n", false),
        (.messages, "event: error\ndata: {}\n\n", false),
        (.responses, "event: response.completed\ndata: {\"response\":{}}", true),
        (.responses, "data: {\"type\":\"response.incomplete\",\"response\":{}}\n\n", true),
        (.responses, "data: {\"type\":\"response.failed\",\"response\":{}}\n\n", true),
        (.responses, "data: {\"type\":\"response.output_text.done\"}\n\n", false),
        (.responses, "event: response.completed\ndata: {\"response\":{}\ndata: ", false),
    ]

    @Test(arguments: ends.indices, ["\n", "\r", "\r\n"])
    func endAfterAnEventThatIsTooLarge(_ at: Int, _ lineEnd: String) {
        let (format, text, isEnd) = Self.ends[at]
        let large = "data: {\"x\":\"" + String(repeating: "x", count: 300) + "\"}\n\n"
        let bytes = Array((large + text).replacing("\n", with: lineEnd).utf8)
        for size in [1, 2, 7, bytes.count] {
            var stream = ReplyStream(format: format, frame: nil)
            stream.limitEvent(to: 200)
            var output: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                output += stream.read(bytes.span.extracting(start..<min(start + size, bytes.count)))
            }
            output += stream.finish()
            #expect(output == bytes)
            #expect(stream.capture.isFinished == isEnd)
            #expect(!stream.capture.isComplete)
        }
    }

    /// PRX-171
    @Test(arguments: [
        ("event: error\ndata: {}\n\n", true), ("data: {\"error\":{\"message\":\"m\"}}\n\n", true),
        ("data: {\"type\": \"error\"", true), ("data: {\"choices\":[]}\n\n: error\n", false),
        ("event: response.failed\ndata: {", true), ("data: {\"type\":\"response.failed\"", true),
        ("event: errors\ndata: {}\n\n", false), ("data: {\"type\":\"errors\"", false),
    ])
    func errorAfterAnEventThatIsTooLarge(_ text: String, _ isError: Bool) {
        var stream = ReplyStream(format: .chat, frame: nil)
        stream.limitEvent(to: 200)
        _ = stream.read(Array("data: {\"x\":\"\(String(repeating: "x", count: 300))\"}\n\n".utf8).span)
        #expect(!stream.tellsError)
        for byte in text.utf8 { _ = stream.read([byte].span) }
        #expect(stream.tellsError == isError)
        // Whether its choices had ended is not known (EXC-60).
        #expect(!stream.isJudged)
    }

    /// The last event of Responses repeats everything, and may be the one that is too large.
    @Test(arguments: [0, 1, 3]) func largeEventThatIsTheEnd(_ missing: Int) {
        let fill = String(repeating: "x", count: 300)
        let event = "event: response.completed\ndata: {\"type\":\"response.completed\",\"x\":\"\(fill)\"}\n\n"
        var stream = ReplyStream(format: .responses, frame: nil)
        stream.limitEvent(to: 200)
        _ = stream.read(Array(event.utf8.dropLast(2 + missing)).span)
        #expect(!stream.hasEnded)
        _ = stream.finish()
        #expect(stream.hasEnded == (missing == 0))
    }
}
