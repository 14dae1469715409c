import Testing

@testable import WhyOps

/// Streams made by chance: what is said stays the same, and it is signed as the whole reply would be (EXC-25).
struct StreamPropertyTests {
    private static let pieces = [
        " ", "\\n", "\\t", "\\u00a0", "\u{3000}", "Hello", " world.", "and more", "!", "{", "```", "[", "user@host",
        "\u{6C34}",
        "\u{1F600}", "\\\"", "\\u200b", "", "   ", "7",
    ]
    private static let frame = "<SIGNATURE>"

    private static func chunk(_ index: Int, _ text: String?, finish: Bool) -> String {
        let delta = text.map { "{\"content\":\"\($0)\"}" } ?? "{}"
        return "data: {\"id\":\"c\",\"choices\":[{\"index\":\(index),\"delta\":\(delta),\"finish_reason\":"
            + (finish ? "\"stop\"" : "null") + "}]}\n\n"
    }

    /// The texts of the choices, as the insides of JSON strings.
    private static func texts(_ output: [UInt8], choices: Int) throws -> [String] {
        var texts = [String](repeating: "", count: choices)
        for line in output.split(separator: UInt8(ascii: "\n")) where line.starts(with: Array("data: {".utf8)) {
            for choice in try #require(JSONDocument(Array(line.dropFirst(6))).root["choices"]).children {
                let index = try #require(choice["index"]?.integer)
                guard let content = choice["delta"]?["content"] else { continue }
                texts[index] += String(decoding: content.slice.dropFirst().dropLast(), as: UTF8.self)
            }
        }
        return texts
    }

    @Test(arguments: 0..<400)
    func textStaysAndIsSignedAsAWholeReplyIs(_ seed: Int) throws {
        var dice = SplitMix(state: UInt64(seed))
        let choices = Int.random(in: 1...3, using: &dice)
        var said = [String](repeating: "", count: choices)
        var input = ""
        for _ in 0..<Int.random(in: 0..<24, using: &dice) {
            let index = Int.random(in: 0..<choices, using: &dice)
            let piece = Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &dice)]
            said[index] += piece
            input += Self.chunk(index, piece, finish: false)
            if Int.random(in: 0..<6, using: &dice) == 0 { input += ": comment\n\n" }
        }
        for index in 0..<choices {
            let last =
                Bool.random(using: &dice) ? Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &dice)] : nil
            said[index] += last ?? ""
            input += Self.chunk(index, last, finish: true)
        }
        input += "data: [DONE]\n\n"

        var stream = ReplyStream(format: .chat, frame: Array(Self.frame.utf8))
        var output: [UInt8] = []
        var rest = Array(input.utf8)[...]
        while !rest.isEmpty {
            let length = min(rest.count, Int.random(in: 1...40, using: &dice))
            output += stream.read(Array(rest.prefix(length)).span)
            rest = rest.dropFirst(length)
        }
        output += stream.finish()

        let texts = try Self.texts(output, choices: choices)
        for index in 0..<choices {
            let body = Array("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"\(said[index])\"}}]}".utf8)
            let whole = try #require(WholeReply(body, format: .chat, frame: Array(Self.frame.utf8)))
            let edited = try JSONDocument(body.applying(whole.edits)).root["choices"]?.children.first?["message"]?[
                "content"
            ]
            let expected = try #require(edited).slice.dropFirst().dropLast()
            #expect(texts[index] == String(decoding: expected, as: UTF8.self), "\(input)")
        }
        let captured = stream.capture.choices.map { String(decoding: $0.text ?? [], as: UTF8.self) }
        let plain = try said.map { try JSONDocument(Array("\"\($0)\"".utf8)).root.string ?? "" }
        #expect(captured == plain)
    }
}
