import Testing

@testable import WhyOps

struct SignatureVectorTests {
    @Test(arguments: Vectors.encode)
    func encode(_ vector: ConformanceCase) throws {
        let text = try vector.text("traceId")
        // An id is text, so one with half a character cannot even be made.
        let id =
            TextValue.escaped(vector.input["traceId"]) == nil ? TraceID(String(decoding: text, as: UTF8.self)) : nil
        let frame = id.flatMap { InvisibleSignature.encodeV1($0) }
        if vector.error != nil {
            #expect(frame == nil)
        } else {
            #expect(frame == TextValue.bytes(vector.output?["text"]))
        }
    }

    @Test(arguments: Vectors.extract)
    func extract(_ vector: ConformanceCase) throws {
        let expected = vector.output?["traceId"]?.text
        let text = try vector.text("text")
        if let inside = TextValue.escaped(vector.input["text"]) {
            #expect(
                InvisibleSignature.read(inside.span, in: 0..<inside.count, escapes: true)?.traceID?.text == expected
            )
        } else {
            #expect(InvisibleSignature.extract(from: text.span)?.text == expected)
        }
        guard vector.input["text"]?["hex"] == nil, text.count < 100_000 else { return }
        let inside = WTF8.escaped(text)
        #expect(InvisibleSignature.read(inside.span, in: 0..<inside.count, escapes: true)?.traceID?.text == expected)
    }

    @Test(arguments: Vectors.strip)
    func strip(_ vector: ConformanceCase) throws {
        let text = try vector.text("text")
        let expected = try #require(TextValue.bytes(vector.output?["text"]))
        if let inside = TextValue.escaped(vector.input["text"]) {
            let wanted = try #require(TextValue.escaped(vector.output?["text"]))
            #expect(stripped(inside) == wanted)
        } else {
            let once = InvisibleSignature.strip(text)
            #expect(once == expected)
            #expect(InvisibleSignature.strip(once) == once)
        }
        guard vector.input["text"]?["hex"] == nil, text.count < 100_000 else { return }
        #expect(stripped(WTF8.escaped(text)) == WTF8.escaped(expected))
    }

    /// The inside of a JSON string without its frames.
    private func stripped(_ inside: [UInt8]) -> [UInt8] {
        let frames = InvisibleSignature.read(inside.span, in: 0..<inside.count, escapes: true)?.frames ?? []
        return inside.applying(frames.map { ByteEdit($0) })
    }

    @Test(arguments: Vectors.carrier)
    func carrier(_ vector: ConformanceCase) throws {
        let text = try vector.text("text")
        let policy = try #require(SignaturePolicy(rawValue: vector.input["policy"]?.text ?? ""))
        let expected = vector.output?["offset"]?.integer
        #expect(vector.output?["carries"]?.bool == (expected != nil))
        if TextValue.escaped(vector.input["text"]) == nil {
            #expect(CarrierTest.place(in: text.span, 0..<text.count, escapes: false, policy: policy) == expected)
        }
        let inside = WTF8.escaped(text)
        let place = CarrierTest.place(in: inside.span, 0..<inside.count, escapes: true, policy: policy)
        let offset = place.flatMap { JSON([0x22] + inside[..<$0] + [0x22])?.bytes?.count }
        #expect(offset == expected)
    }
}
