import WhyOps

extension CoreTestee {
    static func signature(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        switch operation {
        case "signature.encode": encode(input)
        case "signature.sign": sign(input)
        case "signature.extract": extract(input)
        case "signature.strip": strip(input)
        case "signature.carrier": carrier(input)
        default: nil
        }
    }

    private static func encode(_ input: JSON) -> TesteeAnswer {
        guard let id = traceID(input), let frame = InvisibleSignature.encodeV1(id) else {
            return .error("signature.not-embeddable")
        }
        return output(.init("text", .string(frame)))
    }

    private static func sign(_ input: JSON) -> TesteeAnswer {
        guard let key = key(input["key"]) else { return malformed }
        guard let id = traceID(input), let frame = InvisibleSignature.encodeV2(id, with: key) else {
            return .error("signature.not-embeddable")
        }
        return output(.init("text", .string(frame)))
    }

    /// An id is text, so one with half a character cannot even be made.
    private static func traceID(_ input: JSON) -> TraceID? {
        guard TextValue.escaped(input["traceId"]) == nil, let bytes = TextValue.bytes(input["traceId"]),
            WTF8.isWellFormed(bytes), !WTF8.holdsSurrogate(bytes)
        else { return nil }
        return TraceID(String(decoding: bytes, as: UTF8.self))
    }

    /// A key of a case.
    static func key(_ json: JSON?) -> SigningKey? {
        guard let id = json?["id"]?.integer.flatMap({ UInt8(exactly: $0) }), let text = json?["key"]?.text,
            let bytes = TextValue.bytes(.object([.init("hex", .text(text))]))
        else { return nil }
        return SigningKey(id: id, bytes: bytes)
    }

    /// The keys of a case; `nil` where it has none.
    static func keys(_ input: JSON) -> SigningKeys? {
        input["keys"].flatMap { SigningKeys($0.array.compactMap { key($0) }) }
    }

    private static func extract(_ input: JSON) -> TesteeAnswer {
        guard let reading = reading(input) else { return malformed }
        let id = reading.verified ?? reading.traceID
        guard input["keys"] != nil else { return output(.init("traceId", optional(id?.text))) }
        let version: JSON = id == nil ? .null : .integer(reading.verified == nil ? 1 : 2)
        return output(.init("traceId", optional(id?.text)), .init("version", version))
    }

    private static func strip(_ input: JSON) -> TesteeAnswer {
        guard let text = TextValue.bytes(input["text"]) else { return malformed }
        guard let inside = TextValue.escaped(input["text"]) else {
            return output(.init("text", TextValue.spelt(InvisibleSignature.strip(text, keys: keys(input)))))
        }
        let rest = inside.applying(reading(input)?.frames.map { ByteEdit($0) } ?? [])
        return output(.init("text", .object([.init("escaped", .string(rest))])))
    }

    /// What a text of a case says, read as it is spelt.
    private static func reading(_ input: JSON) -> InvisibleSignature.Reading? {
        let inside = TextValue.escaped(input["text"])
        guard let text = inside ?? TextValue.bytes(input["text"]) else { return nil }
        let range = 0..<text.count
        return InvisibleSignature.read(text.span, in: range, escapes: inside != nil, keys: keys(input))
            ?? InvisibleSignature.Reading()
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
