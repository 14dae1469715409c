import Testing

@testable import WhyOps

/// The normal form that texts are compared in (TRC-35, TRC-52). The suite's vectors say what becomes of whole conversations.
@Suite struct NormalFormTests {
    private func normal(_ text: String) -> String { normal(text.unicodeScalars.map(\.value)) }

    private func normal(_ scalars: [UInt32]) -> String {
        var form = NormalForm()
        var text = String.UnicodeScalarView()
        let take: (UInt32) -> Void = { if let scalar = Unicode.Scalar($0) { text.append(scalar) } }
        for scalar in scalars { form.read(scalar, give: take) }
        form.finish(give: take)
        return String(text)
    }

    private func spelling(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

    @Test(arguments: [
        // French, Vietnamese with its marks in either order, Korean, Hindi, Bengali, Japanese, Greek, Hebrew.
        ("e\u{301}le\u{300}ve", "\u{E9}l\u{E8}ve"),
        ("o\u{302}\u{323}", "\u{1ED9}"), ("o\u{323}\u{302}", "\u{1ED9}"), ("\u{F4}\u{323}", "\u{1ED9}"),
        ("\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}", "\u{D55C}\u{AE00}"), ("\u{D558}\u{11AB}", "\u{D55C}"),
        ("\u{95B}\u{95C}", "\u{91C}\u{93C}\u{921}\u{93C}"), ("\u{928}\u{93C}", "\u{929}"),
        ("\u{9C7}\u{9BE}", "\u{9CB}"), ("\u{304B}\u{3099}", "\u{304C}"), ("\u{3C9}\u{314}\u{342}\u{345}", "\u{1FA7}"),
        ("\u{5E9}\u{5C1}\u{5BC}", "\u{5E9}\u{5BC}\u{5C1}"),
        // One character for another, marks that stand alone, a mark that is two, and one that nothing joins.
        ("\u{F900}\u{2126}\u{212B}", "\u{8C48}\u{3A9}\u{C5}"), ("\u{301}\u{323}e", "\u{323}\u{301}e"),
        ("\u{344}", "\u{308}\u{301}"), ("q\u{301}", "q\u{301}"),
        // Something between a letter and a mark keeps them apart.
        ("e\u{200D}\u{301}", "e\u{200D}\u{301}"), ("e\u{301}\u{1F600}\u{301}", "\u{E9}\u{1F600}\u{301}"),
    ]) func isComposed(text: String, expected: String) {
        #expect(spelling(normal(text)) == spelling(expected))
        // What is in the normal form stays, and Swift's own comparison, by canonical equivalence, agrees.
        #expect(spelling(normal(expected)) == spelling(expected))
        #expect(normal(text) == text)
    }

    /// Whatever is put together, the result is another spelling of the same text, and the only one that the form has.
    @Test func everySpellingEndsInTheSameOne() {
        let letters: [UInt32] = [
            0x61, 0x65, 0x6F, 0x73, 0x3B1, 0x3C9, 0x915, 0x921, 0x9C7, 0x1100, 0x1161, 0x304B, 0xAC00,
        ]
        let marks: [UInt32] = [0x300, 0x301, 0x302, 0x307, 0x323, 0x345, 0x93C, 0x9BE, 0x11A8, 0x3099, 0x5BC, 0x64E]
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            var scalars: [UInt32] = []
            for _ in 0..<4 {
                scalars.append(letters.randomElement(using: &numbers) ?? 0x61)
                for _ in 0..<Int.random(in: 0...3, using: &numbers) {
                    scalars.append(marks.randomElement(using: &numbers) ?? 0x301)
                }
            }
            let once = normal(scalars)
            let text = String(String.UnicodeScalarView(scalars.compactMap(Unicode.Scalar.init)))
            #expect(once == text)
            #expect(spelling(normal(once)) == spelling(once))
        }
    }

    @Test func marksPastTheThirtiethAreLeftOut() {
        let flood = "e" + String(repeating: "\u{301}", count: 100_000) + "\u{323}x"
        #expect(spelling(normal(flood)) == [0xE9] + Array(repeating: 0x301, count: 29) + [0x78])
        #expect(spelling(normal("\u{E9}" + String(repeating: "\u{301}", count: 40))).count == 30)
    }
}
