import WhyOps

/// Judges replies by what a client reads from them, and by which bytes changed.
struct EmbedJudge {
    let format: String
    let reply: [UInt8]
    let expected: JSON
    /// The frame of the trace; `nil` for an id that none can carry.
    let frame: [UInt8]?
    /// Whether each choice gains the frame.
    let signed: [Bool]
    /// The text of each choice as the client has to get it.
    let texts: [[UInt8]]

    init?(_ subject: ConformanceCase, _ expected: JSON) {
        guard let format = subject.input["format"]?.text, let reply = subject.text("reply") else { return nil }
        self.format = format
        self.reply = reply
        self.expected = expected
        let frame = CoreTestee.frame(subject.input)
        self.frame = frame
        signed = expected["signed"]?.array.compactMap(\.bool) ?? []
        let offsets = expected["offset"]?.array.map(\.integer) ?? []
        let plain = expected["text"]?.array.map { TextValue.bytes($0) ?? [] } ?? []
        texts = zip(plain, offsets).map { text, offset in
            guard let offset, let frame, offset <= text.count else { return text }
            return text[..<offset] + frame + text[offset...]
        }
    }

    /// How a whole reply is wrong; `nil` where it is right.
    func fault(in output: JSON) -> String? {
        guard let body = TextValue.bytes(output["body"]) else { return "no body" }
        guard signed.contains(true), let frame else {
            return body == reply ? nil : OutputJudge.difference("body (has to stay as it came)", body, reply)
        }
        let wanted = signed.count { $0 }
        switch FrameInsertions.count(from: reply, to: body, frame: frame) {
        case nil: return "body: more has changed than a frame put in"
        case wanted: break
        case let count?: return "body: \(count) frames put in, expected \(wanted)"
        }
        guard let reading = ReplyReader(whole: body, format: format) else { return "body: not JSON" }
        return fault(in: reading)
    }

    /// How what a client reads is wrong.
    func fault(in reading: ReplyReader) -> String? {
        if !signed.isEmpty || expected["text"] != nil {
            let actual = reading.texts(format).map { $0 ?? [] }
            guard actual.count == texts.count else { return "\(actual.count) texts, expected \(texts.count)" }
            for (index, (text, wanted)) in zip(actual, texts).enumerated() where text != wanted {
                return OutputJudge.difference("text of choice \(index)", text, wanted)
            }
        }
        let facts = reading.facts(format)
        for name in ["finish_reason", "tool_calls", "usage", "refusal", "block_types", "output_types", "thinking"] {
            guard let wanted = expected[name] else { continue }
            let actual = facts[name] ?? .null
            if actual != wanted {
                return "\(name): \(String(decoding: actual.written(), as: UTF8.self)), expected "
                    + String(decoding: wanted.written(), as: UTF8.self)
            }
        }
        if let parts = expected["text_parts"], !signed.contains(true), facts["text_parts"] != parts {
            return "text_parts differ"
        }
        return nil
    }
}
