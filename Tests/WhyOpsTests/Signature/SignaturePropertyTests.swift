import Testing

@testable import WhyOps

/// What holds for every text. The argument of each test is the seed of its dice.
struct SignaturePropertyTests {
    private static let keys = [3, 9].compactMap { SigningKey(id: $0, bytes: [UInt8](repeating: $0, count: 32)) }

    private static func frame(_ id: String, version: Int) throws -> [UInt8] {
        let id = try #require(TraceID(id))
        return try #require(
            version == 1 ? InvisibleSignature.encodeV1(id) : InvisibleSignature.encodeV2(id, with: keys[0])
        )
    }

    /// Any character of Unicode, the ones that frames are made of more often.
    private static func scalar(_ dice: inout SplitMix) -> Unicode.Scalar {
        let marks: [ClosedRange<UInt32>] = [
            0x200B...0x200E, 0x2060...0x2060, 0xFE00...0xFE0F, 0xE0100...0xE01EF, 0xFEFF...0xFEFF, 0x20...0x7E,
        ]
        let range = Bool.random(using: &dice) ? marks[Int.random(in: 0..<marks.count, using: &dice)] : 0...0x10FFFF
        while true {
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &dice)) { return scalar }
        }
    }

    private static func text(_ dice: inout SplitMix, length: Int) -> [UInt8] {
        var text = String.UnicodeScalarView()
        for _ in 0..<length { text.append(scalar(&dice)) }
        return Array(String(text).utf8)
    }

    /// A text with frames, parts of frames, frames inside frames and frames side by side.
    private static func framedText(_ dice: inout SplitMix, depth: Int = 2) throws -> [UInt8] {
        var result: [UInt8] = []
        for _ in 0..<Int.random(in: 1..<6, using: &dice) {
            switch Int.random(in: 0..<4, using: &dice) {
            case 0: result += text(&dice, length: Int.random(in: 0..<6, using: &dice))
            case 1:
                let scalars = try scalars(of: anyFrame(&dice))
                result += scalars.prefix(Int.random(in: 0...scalars.count, using: &dice)).joined()
            case 2 where depth > 0:
                let scalars = try scalars(of: anyFrame(&dice))
                let cut = Int.random(in: 0...scalars.count, using: &dice)
                result += scalars[..<cut].joined()
                result += try framedText(&dice, depth: depth - 1)
                result += scalars[cut...].joined()
            default: result += try anyFrame(&dice)
            }
        }
        return result
    }

    private static func anyFrame(_ dice: inout SplitMix) throws -> [UInt8] {
        let ids = ["a", "id-7", "3b241101-e2bb-4255-8caf-4136c566a962"]
        return try frame(ids[Int.random(in: 0..<3, using: &dice)], version: Int.random(in: 1...2, using: &dice))
    }

    private static func scalars(of text: [UInt8]) -> [[UInt8]] {
        String(decoding: text, as: UTF8.self).unicodeScalars.map { Array(String($0).utf8) }
    }

    @Test(arguments: 0..<1000)
    func strippingUndoesEmbeddingInAnyText(_ seed: Int) throws {
        var dice = SplitMix(state: UInt64(seed))
        let text = try seed % 2 == 0 ? Self.text(&dice, length: 40) : Self.framedText(&dice)
        let keys = seed % 3 == 0 ? nil : SigningKeys(Self.keys)
        let stripped = InvisibleSignature.strip(text, keys: keys)
        #expect(InvisibleSignature.strip(stripped, keys: keys) == stripped, "SIG-21")
        for policy in [SignaturePolicy.careful, .always] {
            guard let place = CarrierTest.place(in: text.span, 0..<text.count, escapes: false, policy: policy) else {
                continue
            }
            let frame = try Self.frame("id-7", version: 1 + seed % 2)
            let signed = text.applying([ByteEdit(place..<place, with: frame)])
            #expect(InvisibleSignature.strip(signed, keys: keys) == stripped, "SIG-23")
        }
    }

    /// SIG-20: taking out the first characters of every frame leaves nothing that is one.
    @Test(arguments: 0..<400)
    func textWithoutAStartIsReturnedAsItIs(_ seed: Int) throws {
        var dice = SplitMix(state: UInt64(seed))
        let starts: [[UInt8]] = [[0xE2, 0x80, 0x8B], [0xE2, 0x81, 0xA0]]
        let text = try Self.scalars(of: Self.framedText(&dice)).filter { !starts.contains($0) }.joined()
        #expect(InvisibleSignature.strip(Array(text)) == Array(text))
    }

    /// A text in a JSON string, raw and escaped, is stripped to the same characters (JSON-6).
    @Test(arguments: 0..<400)
    func spellingDoesNotMatter(_ seed: Int) throws {
        var dice = SplitMix(state: UInt64(seed))
        let text = try Self.framedText(&dice)
        var spelled: [UInt8] = []
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                spelled += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
            }
        }
        let body = [0x22] + spelled + [0x22]
        let stripped = try JSONDocument(PassThroughBody.forwarded(body)).root.string
        #expect(stripped == String(decoding: InvisibleSignature.strip(text), as: UTF8.self))
    }

    /// SIG-18: whole frames of chance bytes are stripped and never believed.
    @Test(arguments: 0..<2000)
    func frameOfChanceBytesIsNotBelieved(_ seed: Int) throws {
        var dice = SplitMix(state: UInt64(seed))
        let keys = try #require(SigningKeys(Self.keys))
        let isUUID = Bool.random(using: &dice)
        // The flags name a key that exists, so that only the tag decides.
        var payload: [UInt8] = [0xE7, (seed % 2 == 0 ? 0x30 : 0x90) | (isUUID ? 0 : 1)]
        let length = isUUID ? 16 : Int.random(in: 1...128, using: &dice)
        if !isUUID { payload.append(UInt8(length)) }
        for _ in 0..<length { payload.append(UInt8.random(in: isUUID ? 0...255 : 0x21...0x7E, using: &dice)) }
        for _ in 0..<8 { payload.append(UInt8.random(in: 0...255, using: &dice)) }
        let text = Array("Hi".utf8) + Self.frame(of: payload) + Array("!".utf8)
        #expect(InvisibleSignature.extract(from: text.span, keys: keys) == nil)
        #expect(InvisibleSignature.strip(text, keys: keys) == Array("Hi!".utf8))
        // Without its first character it is ordinary text (SIG-42).
        let bare = Array("Hi".utf8) + Self.frame(of: payload).dropFirst(3)
        #expect(InvisibleSignature.strip(bare, keys: keys) == bare)
    }

    /// SIG-17, SIG-18: no single bit of what a frame says can be changed.
    @Test(arguments: ["a", "thread_9", "3b241101-e2bb-4255-8caf-4136c566a962", String(repeating: "x", count: 128)])
    func frameWithOneBitChangedIsNotBelieved(_ text: String) throws {
        let keys = try #require(SigningKeys(Self.keys))
        let frame = try Self.frame(text, version: 2)
        let payload = String(decoding: frame, as: UTF8.self).unicodeScalars.dropFirst().map { scalar in
            UInt8(scalar.value < 0x10000 ? scalar.value - 0xFE00 : scalar.value - 0xE0100 + 16)
        }
        #expect(Self.frame(of: payload) == frame)
        for place in payload.indices {
            for bit in 0..<8 {
                var changed = payload
                changed[place] ^= 1 << UInt8(bit)
                let read = InvisibleSignature.extract(from: Self.frame(of: changed).span, keys: keys)
                #expect(read == nil, "byte \(place), bit \(bit)")
            }
        }
    }

    private static func frame(of payload: [UInt8]) -> [UInt8] {
        var text = String.UnicodeScalarView("\u{2060}".unicodeScalars)
        for byte in payload {
            // Every value is a variation selector, so the scalar exists.
            let value: UInt32 = byte < 16 ? 0xFE00 + UInt32(byte) : 0xE0100 + UInt32(byte) - 16
            text.append(Unicode.Scalar(value) ?? " ")
        }
        return Array(String(text).utf8)
    }
}
