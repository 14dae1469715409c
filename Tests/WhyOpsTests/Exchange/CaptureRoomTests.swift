import Testing

@testable import WhyOps

/// A stream for whose text there is no room passes as it would, and keeps what there is room for (PRX-210).
struct CaptureRoomTests {
    private static let pieces = (0..<100).map { "piece \($0) of a long text, " }

    private static func events(_ format: ExchangeFormat) -> [String] {
        switch format {
        case .chat:
            pieces.map { #"data: {"choices":[{"index":0,"delta":{"content":"\#($0)"}}]}"# }
                + [#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "data: [DONE]"]
        case .messages:
            [#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#]
                + pieces.map {
                    #"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#($0)"}}"#
                }
                + [#"data: {"type":"content_block_stop","index":0}"#, #"data: {"type":"message_stop"}"#]
        case .responses:
            pieces.map { #"data: {"type":"response.output_text.delta","output_index":0,"delta":"\#($0)"}"# }
                + [
                    #"data: {"type":"response.completed","response":{"id":"resp_1","status":"completed","output":"#
                        + #"[{"id":"msg_1","type":"message","content":[{"type":"output_text","text":""#
                        + pieces.joined() + #""}]}]}}"#
                ]
        }
    }

    @Test(arguments: [ExchangeFormat.chat, .messages, .responses], [0, 1000, 3000, 1_000_000])
    func whatPassesIsTheSame(_ format: ExchangeFormat, _ room: Int) {
        let frame = Array("<SIGNATURE>".utf8)
        var limited = ReplyStream(format: format, frame: frame)
        var whole = ReplyStream(format: format, frame: frame)
        limited.limitCapture(to: room)
        for event in Self.events(format) {
            let bytes = Array((event + "\n\n").utf8)
            #expect(limited.read(bytes.span) == whole.read(bytes.span))
            #expect(limited.takeEchoes() == whole.takeEchoes())
        }
        #expect(limited.finish() == whole.finish())
        let text = Self.pieces.joined()
        #expect(whole.capture.choices.first?.text == Array(text.utf8))
        #expect(whole.capture.isComplete)
        #expect(limited.capture.isComplete == (room == 1_000_000))
        let kept = limited.capture.choices.first?.text ?? []
        #expect(text.utf8.starts(with: kept))
        #expect(kept.count <= room)
        #expect(kept.isEmpty == (room == 0))
        #expect(limited.capture.isFinished)
    }

    /// PRX-211.
    @Test func eventsThatAreLongPassAndLeaveNothing() {
        var stream = ReplyStream(format: .chat, frame: Array("<SIGNATURE>".utf8))
        stream.limitEvent(to: 64 << 10)
        #expect(stream.eventNeed(afterReading: 10) == 10)
        // Each line is noted, too.
        let lines = Array(String(repeating: "data:\n", count: 100).utf8)
        _ = stream.read(lines.span)
        #expect(stream.eventNeed(afterReading: 0) == lines.count + 100 * 16)
        _ = stream.read(Array("\n".utf8).span)
        #expect(stream.eventNeed(afterReading: 0) == 0)
        let large = Array("data: {\"x\":\"".utf8) + [UInt8](repeating: 0x78, count: 1 << 20)
        #expect(stream.read(large.span) == large)
        #expect(stream.eventNeed(afterReading: 0) == 0)
        #expect(stream.reader.bytes.capacity <= 256 << 10)
        #expect(!stream.capture.isComplete)
    }

    @Test func whatMayBeNeededIsNeverLessThanWhatIsKept() {
        for format in [ExchangeFormat.chat, .messages, .responses] {
            var stream = ReplyStream(format: format, frame: nil)
            let bytes = Array(Self.events(format).map { $0 + "\n\n" }.joined().utf8)
            for start in stride(from: 0, to: bytes.count, by: 7) {
                let chunk = Array(bytes[start..<min(start + 7, bytes.count)])
                let need = stream.captureNeed(afterReading: chunk.count)
                _ = stream.read(chunk.span)
                #expect(stream.captureNeed(afterReading: 0) <= need)
                #expect(stream.capture.choices.first?.text?.count ?? 0 <= need)
            }
        }
    }
}
