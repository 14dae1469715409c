import WhyOps

extension CoreTestee {
    static func signature(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        switch operation {
        case "signature.encode": encode(input)
        case "signature.extract" where input["keys"] == nil: extract(input)
        case "signature.strip" where input["keys"] == nil: strip(input)
        case "signature.carrier": carrier(input)
        default: nil
        }
    }

    private static func encode(_ input: JSON) -> TesteeAnswer {
        // An id is text, so one with half a character cannot even be made.
        guard TextValue.escaped(input["traceId"]) == nil, let bytes = TextValue.bytes(input["traceId"]),
            WTF8.isWellFormed(bytes), !WTF8.holdsSurrogate(bytes),
            let id = TraceID(String(decoding: bytes, as: UTF8.self)), let frame = InvisibleSignature.encodeV1(id)
        else { return .error("signature.not-embeddable") }
        return output(.init("text", .string(frame)))
    }

    private static func extract(_ input: JSON) -> TesteeAnswer {
        guard let text = TextValue.bytes(input["text"]) else { return malformed }
        let id =
            if let inside = TextValue.escaped(input["text"]) {
                InvisibleSignature.read(inside.span, in: 0..<inside.count, escapes: true)?.traceID
            } else {
                InvisibleSignature.extract(from: text.span)
            }
        return output(.init("traceId", optional(id?.text)))
    }

    private static func strip(_ input: JSON) -> TesteeAnswer {
        guard let text = TextValue.bytes(input["text"]) else { return malformed }
        guard let inside = TextValue.escaped(input["text"]) else {
            return output(.init("text", TextValue.spelt(InvisibleSignature.strip(text))))
        }
        let frames = InvisibleSignature.read(inside.span, in: 0..<inside.count, escapes: true)?.frames ?? []
        let rest = inside.applying(frames.map { ByteEdit($0) })
        return output(.init("text", .object([.init("escaped", .string(rest))])))
    }

    private static func carrier(_ input: JSON) -> TesteeAnswer {
        guard let text = TextValue.bytes(input["text"]),
            let policy = SignaturePolicy(rawValue: input["policy"]?.text ?? "")
        else { return malformed }
        var offset: Int?
        if let inside = TextValue.escaped(input["text"]) {
            let place = CarrierTest.place(in: inside.span, 0..<inside.count, escapes: true, policy: policy)
            offset = place.flatMap { JSON([0x22] + inside[..<$0] + [0x22])?.bytes?.count }
        } else {
            offset = CarrierTest.place(in: text.span, 0..<text.count, escapes: false, policy: policy)
        }
        return output(.init("carries", .bool(offset != nil)), .init("offset", offset.map { .integer($0) } ?? .null))
    }
}
