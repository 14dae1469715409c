import Testing

@testable import WhyOps

/// Streams of the Responses API that are too large or too many for vectors.
struct ResponsesStreamTests {
    private static let frame = "<SIGNATURE>"
    private static let pieces = [
        " ", "\\n", "\\t", "\\u00a0", "\u{3000}", "Hello", " world.", "and more", "!", "{", "```", "[", "user@host",
        "\u{6C34}", "\u{1F600}", "\\ud83d", "\\ude00", "\\\"", "\\u200b", "", "   ", "7",
    ]

    private static func event(_ type: String, _ number: Int, _ members: String) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\",\"sequence_number\":\(number),\(members)}\n\n"
    }

    private static func item(_ text: String) -> String {
        #"{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"\#(text)"}]}"#
    }

    private static func stream(_ pieces: [String], head: String = "{}") -> String {
        let place = #""item_id":"msg_1","output_index":0,"content_index":0,"#
        let text = pieces.joined()
        let parts =
            [("response.created", "\"response\":" + head)]
            + pieces.map { ("response.output_text.delta", place + "\"delta\":\"\($0)\"") } + [
                ("response.output_text.done", place + "\"text\":\"\(text)\""),
                ("response.content_part.done", place + #""part":{"type":"output_text","text":"\#(text)"}"#),
                ("response.output_item.done", "\"output_index\":0,\"item\":" + item(text)),
                ("response.completed", #""response":{"status":"completed","output":[\#(item(text))]}"#),
            ]
        return parts.enumerated().map { event($1.0, $0, $1.1) }.joined()
    }

    private static func run(_ input: String, cuts: () -> Int) -> (output: [UInt8], capture: ReplyCapture) {
        var stream = ReplyStream(format: .responses, frame: Array(frame.utf8))
        var output: [UInt8] = []
        var rest = Array(input.utf8)[...]
        while !rest.isEmpty {
            let length = max(1, min(rest.count, cuts()))
            output += stream.read(Array(rest.prefix(length)).span)
            rest = rest.dropFirst(length)
        }
        return (output + stream.finish(), stream.capture)
    }

    private static func events(_ output: [UInt8]) throws -> [JSONValue] {
        try output.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: Array("data: {".utf8)) }
            .map { try JSONDocument(Array($0.dropFirst(6))).root }
    }

    /// EXC-25, EXC-41, EXC-42: whatever the text, all copies are what the whole reply would be.
    @Test(arguments: 0..<400)
    func copiesAgreeWithTheWholeReply(_ seed: Int) throws {
        var dice = SplitMix(state: UInt64(seed) &+ 7_000)
        let pieces = (0..<Int.random(in: 0..<16, using: &dice)).map { _ in
            Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &dice)]
        }
        let (output, capture) = Self.run(Self.stream(pieces)) { Int.random(in: 1...40, using: &dice) }
        let events = try Self.events(output)

        let body = Array(#"{"status":"completed","output":[\#(Self.item(pieces.joined()))]}"#.utf8)
        let whole = try #require(WholeReply(body, format: .responses, frame: Array(Self.frame.utf8)))
        let signed = try JSONDocument(body.applying(whole.edits)).root
        let text = try #require(signed["output"]?.children.first?["content"]?.children.first?["text"]).slice

        var joined: [UInt8] = [0x22]
        for event in events { joined += event["delta"]?.slice.dropFirst().dropLast() ?? [] }
        #expect(joined + [0x22] == text)
        for event in events.suffix(4) {
            let item = event["item"] ?? event["response"]?["output"]?.children.first
            let copy = event["text"] ?? event["part"]?["text"] ?? item?["content"]?.children.first?["text"]
            #expect(copy?.slice == text, "\(seed)")
        }
        #expect(events.map { $0["sequence_number"]?.integer } == Array(0..<events.count))
        #expect(capture.choices.first?.text == whole.capture.choices.first?.text)
    }

    /// EXC-43: 3 MiB of what later copies repeat.
    @Test(arguments: [(3_100_000, true), (3_200_000, false)])
    func streamWhoseCopiesMayGrowTooLargeIsNotSigned(_ size: Int, _ isSigned: Bool) {
        let head = #"{"instructions":"\#(String(repeating: "x", count: size))"}"#
        let input = Self.stream(["The order", " has shipped."], head: head)
        let (output, _) = Self.run(input) { 100_000 }
        #expect((output != Array(input.utf8)) == isSigned)
    }
}
