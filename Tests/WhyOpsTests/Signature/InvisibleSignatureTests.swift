import Testing

@testable import WhyOps

struct InvisibleSignatureTests {
    private func id(_ text: String) throws -> TraceID { try #require(TraceID(text)) }

    private func frame(_ text: String) throws -> String {
        String(decoding: try #require(InvisibleSignature.encodeV1(id(text))), as: UTF8.self)
    }

    private func strip(_ text: String) -> String {
        String(decoding: InvisibleSignature.strip(Array(text.utf8)), as: UTF8.self)
    }

    private func extract(_ text: String) -> String? {
        InvisibleSignature.extract(from: Array(text.utf8).span)?.text
    }

    @Test func oneLetterIsEightBitsMostSignificantFirst() throws {
        #expect(
            try Array(frame("a").unicodeScalars.map(\.value))
                == [0x200B, 0x200D, 0x200C, 0x200C, 0x200D, 0x200D, 0x200D, 0x200D, 0x200C, 0x200E]
        )
    }

    @Test(arguments: ["a b", "caf\u{E9}", "\u{7F}", "tab\t"])
    func idThatAFrameCannotCarryIsRefused(_ text: String) throws {
        #expect(InvisibleSignature.encodeV1(try id(text)) == nil)
    }

    @Test func lastFrameDecides() throws {
        #expect(try extract("x" + frame("one") + " y" + frame("two")) == "two")
    }

    @Test func frameCompletedByACutIsStrippedAndNotRead() throws {
        let inner = try frame("inner")
        let outer = try Array(frame("outer").unicodeScalars)
        var text = String.UnicodeScalarView(outer[..<9])
        text.append(contentsOf: inner.unicodeScalars)
        text.append(contentsOf: outer[9...])
        #expect(strip("x" + String(text) + "y") == "xy")
        #expect(extract("x" + String(text) + "y") == "inner")
    }

    @Test func strippingReturnsTheSameStorageWhereNothingIsFound() {
        let text = Array("no frame here \u{200B}\u{200C}".utf8)
        let stripped = InvisibleSignature.strip(text)
        let before = text.withUnsafeBufferPointer { $0.baseAddress }
        let after = stripped.withUnsafeBufferPointer { $0.baseAddress }
        #expect(before == after)
    }

    /// Joiners, marks and selectors of ordinary text in many scripts.
    static let ordinary = [
        "\u{645}\u{6CC}\u{200C}\u{62E}\u{648}\u{627}\u{647}\u{645}", "\u{915}\u{94D}\u{200D}\u{937}",
        "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}", "\u{17A2}\u{200B}\u{200C}\u{200E}", "\u{2764}\u{FE0F}\u{2060}",
        "\u{845B}\u{E0100}", "\u{200B}\u{200E}", "\u{2060}\u{FE0F}", "\u{FEFF}\u{FE03}\u{FE04}",
    ]

    @Test(arguments: ordinary)
    func ordinaryTextSurvives(_ text: String) throws {
        #expect(strip(text) == text)
        #expect(strip(try text + frame("id") + text) == text + text)
    }

    /// A version 2 frame of given bytes.
    private func v2(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        text.append("\u{2060}")
        for byte in bytes {
            // Every value is a variation selector, so the scalar exists.
            let value: UInt32 = byte < 16 ? 0xFE00 + UInt32(byte) : 0xE0100 + UInt32(byte) - 16
            text.append(Unicode.Scalar(value) ?? " ")
        }
        return String(text)
    }

    @Test func wholeVersion2FramesAreStrippedAndNotRead() {
        let uuid = v2([0xE7, 0x30] + [UInt8](repeating: 7, count: 24))
        let named = v2([0xE7, 0x01, 3, 0x61, 0x62, 0x63] + [UInt8](repeating: 9, count: 8))
        #expect(strip("Hi" + uuid + " there" + named) == "Hi there")
        #expect(extract("Hi" + uuid + named) == nil)
    }

    @Test(arguments: [
        [0xE7, 0x30] + [UInt8](repeating: 7, count: 23), [0xE7, 0x34] + [UInt8](repeating: 7, count: 24),
        [0xE7, 0x02] + [UInt8](repeating: 7, count: 24), [0xE7, 0x01, 0] + [UInt8](repeating: 9, count: 8),
        [0xE7, 0x01, 1, 0x20] + [UInt8](repeating: 9, count: 8), [0xE6] + [UInt8](repeating: 7, count: 25), [],
    ])
    func otherRunsOfSelectorsAreOrdinaryText(_ bytes: [UInt8]) {
        let text = "Hi" + v2(bytes) + "!"
        #expect(strip(text) == text)
    }

    @Test(arguments: [UInt8](0xE8...0xEF), [0, 1, 40, 500])
    func runsOfLaterVersionsAreStrippedWhole(_ magic: UInt8, _ length: Int) {
        #expect(strip("a" + v2([magic] + [UInt8](repeating: 200, count: length)) + "b") == "ab")
    }

    @Test func framesOfBothVersionsNest() throws {
        let v2Frame = Array(v2([0xE7, 0] + [UInt8](repeating: 7, count: 24)).unicodeScalars)
        var inside = String.UnicodeScalarView(v2Frame[..<5])
        inside.append(contentsOf: try frame("x").unicodeScalars)
        inside.append(contentsOf: v2Frame[5...])
        #expect(strip("a" + String(inside) + "b") == "ab")
    }

    @Test func surrogatesThatMeetAfterACutAreReadAsOne() throws {
        // U+2060, half of the selectors, a high surrogate, a frame, its low surrogate, the rest: escaped, as JSON can.
        let selectors = [0xE7, 0] + [UInt8](repeating: 16, count: 24)
        let frame = try frame("x").unicodeScalars.map { Self.escape($0.value) }.joined()
        let escaped =
            "\\u2060"
            + selectors.enumerated().map { index, byte in
                let value = byte < 16 ? 0xFE00 + UInt32(byte) : 0xE0100 + UInt32(byte) - 16
                let text = Self.escape(value)
                return index == 9 ? text.prefix(6) + frame + text.dropFirst(6) : text
            }.joined()
        let bytes = Array(("a" + escaped + "b").utf8)
        let reading = InvisibleSignature.read(bytes.span, in: 0..<bytes.count, escapes: true)
        let frames = try #require(reading).frames
        #expect(bytes.applying(frames.map { ByteEdit($0) }) == Array("ab".utf8))
    }

    private static func escape(_ scalar: UInt32) -> String {
        let units =
            scalar < 0x10000 ? [scalar] : [0xD800 + (scalar - 0x10000) >> 10, 0xDC00 + (scalar - 0x10000) & 0x3FF]
        return units.map {
            "\\u" + String(repeating: "0", count: 4 - String($0, radix: 16).count) + String($0, radix: 16)
        }
        .joined()
    }

    /// SIG-21 and SIG-23 over texts made of the scalars that frames are made of.
    @Test(arguments: 0..<2000)
    func strippingIsIdempotentAndUndoesEmbedding(_ seed: Int) throws {
        var generator = SplitMix(state: UInt64(seed))
        let pool: [Unicode.Scalar] = [
            "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{2060}", "\u{FE00}", "\u{E01D7}", "\u{E01D8}", "a", " ",
            "\u{FEFF}",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<60, using: &generator) {
            if Int.random(in: 0..<8, using: &generator) == 0 {
                let frame = try frame(["a", "id-7"].randomElement(using: &generator) ?? "a").unicodeScalars
                let cut = Int.random(in: 0...frame.count, using: &generator)
                text.append(contentsOf: frame.prefix(cut))
            } else {
                text.append(pool.randomElement(using: &generator) ?? "a")
            }
        }
        let string = String(text)
        let once = strip(string)
        #expect(strip(once) == once)
        #expect(strip(try string + frame("id")) == once)
    }

    @Test func aMillionStartsTakeLinearWork() throws {
        let text = String(repeating: "\u{200B}\u{200C}\u{200D}", count: 300_000) + (try frame("end"))
        #expect(extract(text) == "end")
    }
}

/// A small generator whose seed reproduces a run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
