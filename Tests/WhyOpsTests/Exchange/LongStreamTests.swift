import Testing

@testable import WhyOps

/// A reply of many small pieces must not be copied with each of them (SIG-22 for what is captured).
struct LongStreamTests {
    @Test(arguments: ["a", " \\n ", "\u{6C34}"])
    func capturedTextSeldomMoves(_ piece: String) throws {
        let body = Array("\"\(piece)\"".utf8)
        let tape = try JSONTape(scanning: body.span)
        var choice = ReplyCapture.Choice(index: 0)
        var moves = 0
        var capacity = 0
        for _ in 0..<20_000 {
            choice.append(text: tape.root, tape, body.span)
            if choice.text?.capacity != capacity {
                capacity = choice.text?.capacity ?? 0
                moves += 1
            }
        }
        #expect(choice.text?.count ?? 0 >= 20_000)
        // Each time to twice the size or so.
        #expect(moves < 40)
    }
}
