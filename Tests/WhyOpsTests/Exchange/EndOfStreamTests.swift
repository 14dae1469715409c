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
}
