import Testing

@testable import WhyOps

/// The place of a frame is found from both ends of a text; reading the whole of it has to give the same.
struct CarrierPlaceTests {
    private static let words = [
        "plain", "word.", "wort,", "a", " ", "  ", "\n", "\u{3000}", "\u{6C34}", "\u{645}\u{62A}\u{646}", "mail@host",
        "x=1",
        "\u{FEFF}", "\u{FEFF}\u{E0133}\u{E0122}", "```", "{", "\u{1F600}", "(", "/path/", "\u{A0}", "\u{85}",
    ]
    private static let escapedWords = [
        "\\n", "\\\\n", "\\\\\\n", "\\\\", "\\t", "\\ufeff", "\\uFEFF", "\\\\ufeff", "\\u0020", "\\u0040",
        "\\ud83d\\ude00",
        "\\ud83d", "\\/", "n",
    ]

    private static func wholeReading(_ text: [UInt8], escapes: Bool, policy: SignaturePolicy) -> Int? {
        var test = CarrierTest(policy: policy)
        var tail = WhiteSpaceTail()
        var cursor = TextCursor(0..<text.count, escapes: escapes)
        while let unit = cursor.next(in: text.span) {
            test.read(unit.scalar)
            tail.read(unit)
        }
        return test.carries ? tail.start ?? text.count : nil
    }

    @Test(arguments: 0..<3000)
    func placeIsThatOfAWholeReading(_ seed: Int) {
        var dice = SplitMix(state: UInt64(seed))
        let escapes = seed % 2 == 0
        // Few kinds of words in one text, so that some hold no space and some nothing but white space.
        let all = Self.words.filter { !escapes || $0 != "\n" } + (escapes ? Self.escapedWords : [])
        let words = (0..<Int.random(in: 1...6, using: &dice)).map { _ in
            all[Int.random(in: 0..<all.count, using: &dice)]
        }
        var text = seed % 3 == 0 ? Array("Some plain words first. ".utf8) : []
        for _ in 0..<Int.random(in: 0...300, using: &dice) {
            text += words[Int.random(in: 0..<words.count, using: &dice)].utf8
        }
        for policy in SignaturePolicy.allCases {
            let place = CarrierTest.place(in: text.span, 0..<text.count, escapes: escapes, policy: policy)
            #expect(place == Self.wholeReading(text, escapes: escapes, policy: policy))
        }
    }
}
