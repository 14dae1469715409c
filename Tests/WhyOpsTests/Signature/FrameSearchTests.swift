import Testing

@testable import WhyOps

/// Text in which no frame starts is skipped, and whole frames are read at once; the outcome must be that of the machine
/// that reads scalar by scalar.
struct FrameSearchTests {
    /// What frames are made of and what breaks them, raw and as escapes in a JSON string.
    static let raw = [
        "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{2060}", "\u{FE00}", "\u{FE0F}", "\u{E01D7}", "\u{E01D8}",
        "\u{E0100}", "x", "plain text of more than sixteen bytes", "\u{2019}", "\u{2020}", "\u{65E5}\u{672C}",
    ]
    static let escaped = [
        "\\u200b", "\\u200C", "\\u200d", "\\u200E", "\\u2060", "\\uFE00", "\\ufe0f", "\\uDB40\\uDDD7", "\\uDB40",
        "\\uDDD8",
        "\\uDDD7", "\\n", "\\\\", "\\u00e9", "\\u2019",
    ]

    /// A text of pieces chosen by a number, with frames among them.
    static func noise(_ seed: Int, from pieces: [String], frames: [String]) -> [UInt8] {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        var text = ""
        for _ in 0..<60 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let choice = Int(state >> 33)
            text += choice % 7 == 0 ? frames[choice / 7 % frames.count] : pieces[choice / 7 % pieces.count]
        }
        return Array(text.utf8)
    }

    static func frames(keys: SigningKeys) throws -> [String] {
        let id = try #require(TraceID("a~1"))
        let frame1 = try #require(InvisibleSignature.encodeV1(id))
        let frame2 = try #require(InvisibleSignature.encodeV2(id, with: keys.active))
        let version1 = String(decoding: frame1, as: UTF8.self)
        let version2 = String(decoding: frame2, as: UTF8.self)
        return [
            version1, version2, String(version2.unicodeScalars.dropFirst()), String(version1.unicodeScalars.dropLast()),
        ]
    }

    static func keys() throws -> SigningKeys {
        let key = try #require(SigningKey(id: 3, bytes: [UInt8](repeating: 7, count: 32)))
        return try #require(SigningKeys([key]))
    }

    private func machine(_ text: [UInt8], escapes: Bool, keys: SigningKeys?) -> InvisibleSignature.Reading {
        var cursor = TextCursor(0..<text.count, escapes: escapes)
        var reader = FrameReader(keys: keys, end: text.count)
        while let unit = cursor.next(in: text.span) { reader.read(unit) }
        reader.finish()
        return .init(frames: reader.frames, traceID: reader.traceID(in: text.span), verified: reader.verified)
    }

    @Test(arguments: 0..<300, [false, true])
    func skippingChangesNothing(_ seed: Int, _ escapes: Bool) throws {
        let keys = try Self.keys()
        let pieces = escapes ? Self.raw + Self.escaped : Self.raw
        let text = Self.noise(seed, from: pieces, frames: try Self.frames(keys: keys))
        for keys in [nil, keys] {
            let expected = machine(text, escapes: escapes, keys: keys)
            let reading =
                InvisibleSignature.read(text.span, in: 0..<text.count, escapes: escapes, keys: keys) ?? .init()
            #expect(reading.frames == expected.frames)
            #expect(reading.traceID == expected.traceID)
            #expect(reading.verified == expected.verified)
        }
    }

    @Test(arguments: 0..<300)
    func lookingFromTheEndFindsTheSameFrame(_ seed: Int) throws {
        let text = Self.noise(seed, from: Self.raw, frames: try Self.frames(keys: Self.keys()))
        for end in stride(from: 0, to: text.count, by: 7) {
            let text = Array(text[..<end])
            #expect(InvisibleSignature.extract(from: text.span) == machine(text, escapes: false, keys: nil).traceID)
        }
    }

    @Test func idBehindALongHistoryIsFound() throws {
        let frame = try #require(TraceID("thread_1").flatMap { InvisibleSignature.encodeV1($0) })
        let long = Array(String(repeating: "words and \u{2014} words \u{200B}", count: 9000).utf8)
        #expect(InvisibleSignature.extract(from: (long + frame).span)?.text == "thread_1")
        #expect(InvisibleSignature.extract(from: (frame + long).span)?.text == "thread_1")
        #expect(InvisibleSignature.extract(from: long.span) == nil)
    }

    @Test func appendingLeavesWhatStandsBefore() throws {
        var text = Array("Hello".utf8)
        let id = try #require(TraceID("id"))
        let frame = try #require(InvisibleSignature.encodeV1(id))
        let isAppended = InvisibleSignature.appendV1(id, to: &text)
        #expect(isAppended)
        #expect(text == Array("Hello".utf8) + frame)
        let before = text
        let other = InvisibleSignature.appendV1(try #require(TraceID("no id")), to: &text)
        #expect(!other)
        #expect(text == before)
    }
}
