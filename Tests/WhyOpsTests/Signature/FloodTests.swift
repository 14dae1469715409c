import Testing

@testable import WhyOps

/// Texts of nothing but the characters that frames are made of (SIG-20, SIG-22): what is waited for stays bounded.
struct FloodTests {
    private static func most(_ text: [UInt8], keys: SigningKeys?) -> (pending: Int, frames: [Range<Int>]) {
        var cursor = TextCursor(0..<text.count, escapes: false)
        var reader = FrameReader(keys: keys, end: text.count)
        var pending = 0
        while let unit = cursor.next(in: text.span) {
            reader.read(unit)
            pending = max(pending, reader.pendingCount)
        }
        reader.finish()
        return (pending, reader.frames)
    }

    static let floods = [
        "\u{200B}", "\u{2060}", "\u{200B}\u{2060}", "\u{200B}\u{200C}", "\u{200C}", "\u{200E}", "\u{E01D7}",
        "\u{2060}\u{E01D7}", "\u{2060}\u{E01D7}\u{FE00}", "\u{200B}\u{E01D8}",
        "\u{200B}\u{200D}\u{200C}\u{200C}\u{200D}\u{200D}\u{200D}\u{200D}\u{200C}",
    ]

    @Test(arguments: floods)
    func whatIsWaitedForIsASmallShareOfTheText(_ piece: String) throws {
        let keys = try #require(
            SigningKey(id: 0, bytes: [UInt8](repeating: 1, count: 32)).flatMap { SigningKeys([$0]) }
        )
        let text = Array(String(repeating: piece, count: 200_000 / piece.utf8.count).utf8)
        let (pending, frames) = Self.most(text, keys: keys)
        #expect(pending <= text.count / 4)
        #expect(frames.isEmpty)
    }

    /// A part that can still become whole is never dropped: as many starts as the rest of the text can complete.
    @Test(arguments: [1, 2, 15, 16, 17, 100, 3000])
    func asManyNestedFramesAsTheTextHolds(_ depth: Int) throws {
        let frame = try #require(TraceID("a").flatMap { InvisibleSignature.encodeV1($0) })
        let text =
            [UInt8](repeatingPiece: frame[..<3], count: depth) + [UInt8](repeatingPiece: frame[3...], count: depth)
        #expect(InvisibleSignature.strip(text).isEmpty)
        let short = InvisibleSignature.strip(Array(text.dropLast(3)))
        #expect(short == Array(frame[..<3]) + Array(frame[3..<27]), "the outermost frame lacks its end")
    }
}

extension [UInt8] {
    fileprivate init(repeatingPiece piece: ArraySlice<UInt8>, count: Int) {
        self = (0..<count).flatMap { _ in piece }
    }
}
