import Testing

@testable import WhyOps

/// Copies of a text that was streamed (EXC-41, EXC-43).
struct TextCopyTests {
    private func copy(of pieces: [String], before count: Int = 0) -> TextCopy {
        var copy = TextCopy()
        for piece in pieces { copy.append(Array(piece.utf8).span, 0..<piece.utf8.count) }
        return copy.ending(before: count)
    }

    private func place(_ text: String, _ copy: TextCopy) -> Int? {
        copy.place(in: Array(text.utf8).span, 0..<text.utf8.count)
    }

    @Test(arguments: [("One  ", 3), (#"\u004fne  "#, 8), (#"One\u0020 "#, 3)])
    func theFrameStandsBeforeTheWhiteSpace(_ text: String, _ expected: Int) {
        #expect(place(text, copy(of: ["O", "ne", "  "], before: 2)) == expected)
    }

    @Test func aPairMayBeCutInTwo() {
        let streamed = copy(of: [#"\ud83d"#, #"\ude00."#])
        #expect(place("\u{1F600}.", streamed) == 5)
        #expect(place(#"\uD83D\uDE00."#, streamed) == 13)
        #expect(place("\u{1F601}.", streamed) == nil)
    }

    @Test(arguments: ["", "a", "ab", "abcd", "acb", "bac", "abd", "Abc", "ab\u{0441}", #"\u0000abc"#, #"ab\u0000"#])
    func anotherTextIsNone(_ text: String) {
        #expect(place("abc", copy(of: ["ab", "c"])) == 3)
        #expect(place(text, copy(of: ["ab", "c"])) == nil)
    }

    @Test func theFrameOfAnEmptyTextStandsAtItsBeginning() {
        #expect(place("", copy(of: [])) == 0)
        #expect(place("x", copy(of: [])) == nil)
    }
}
