public import WhyOps

/// Bodies of requests: alternating turns, the newest assistant turns signed.
public enum Requests {
    /// The trace id of every frame here.
    public static let traceID = TraceID("0b6f4c1e-3a52-4f0e-9d2c-7c1f6f1b2a3d") ?? TraceID(random: .init(repeating: 7))

    /// A version 1 frame of that id.
    public static let frame: [UInt8] = InvisibleSignature.encodeV1(traceID) ?? []

    /// A body of about `size` bytes of a recorded route.
    ///
    /// - Parameter signatures: how many of the newest assistant turns end in a frame.
    public static func body(_ format: ExchangeFormat, _ script: Script = .ascii, size: Int, signatures: Int) -> [UInt8]
    {
        let text = script.text(min(600, size / 4))
        let pair = 2 * text.count + 100
        let pairs = max(1, signatures, (size - signatures * frame.count) / pair)
        var body = Array("{\"model\":\"gpt-4o\",\"temperature\":0.20,\"stream\":true,".utf8)
        body.reserveCapacity(size + 4096)
        body += (format == .responses ? "\"input\":[" : "\"messages\":[").utf8
        if format == .chat { body += "{\"role\":\"system\",\"content\":\"Be brief.\"},".utf8 }
        let (open, close) =
            switch format {
            case .chat: ("\"", "\"},")
            case .messages: ("[{\"type\":\"text\",\"text\":\"", "\"}]},")
            case .responses: ("[{\"type\":\"output_text\",\"text\":\"", "\"}]},")
            }
        for number in 0..<pairs {
            body += "{\"role\":\"user\",\"content\":\"".utf8
            body += text
            body += "\"},{\"role\":\"assistant\",\"content\":".utf8
            body += open.utf8
            body += text
            if number >= pairs - signatures { body += frame }
            body += close.utf8
        }
        return body + Array("{\"role\":\"user\",\"content\":\"And now?\"}],\"max_tokens\":1024}".utf8)
    }
}
