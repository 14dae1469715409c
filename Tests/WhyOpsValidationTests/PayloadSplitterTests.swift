import Testing

@testable import WhyOpsValidation

/// Files are taken apart the same way however their bytes come.
struct PayloadSplitterTests {
    /// The values of a text with the places where they begin, or the rule that is broken.
    private func split(_ text: String, _ layout: PayloadLayout = .auto, cuts: [Int] = [], maximum: Int = 1000)
        -> [String]
    {
        var splitter = PayloadSplitter(layout: layout, maximumValueBytes: maximum)
        var pieces: [String] = []
        func note(_ piece: PayloadPiece) {
            switch piece {
            case .fault(let rule, _, let place): pieces.append("\(place.line):\(place.column) \(rule)")
            case .text(let text):
                let start = text.place(of: 0)
                let item = text.item.map { "#\($0) " } ?? ""
                pieces.append("\(start.line):\(start.column) \(item)\(String(decoding: text.bytes, as: UTF8.self))")
            }
        }
        let bytes = Array(text.utf8)
        var start = 0
        for cut in cuts + [bytes.count] {
            splitter.feed(Array(bytes[start..<cut])).forEach(note)
            start = cut
        }
        splitter.finish().forEach(note)
        return pieces
    }

    static let texts: [(String, [String])] = [
        ("{}", ["1:1 {}"]),
        ("{\"a\":\n1}\n", ["1:1 {\"a\":\n1}\n"]),
        ("{}\n{\"b\":[1]}\n", ["1:1 {}", "2:1 {\"b\":[1]}"]),
        ("{}\r\n\r\n  {}", ["1:1 {}\r", "3:1   {}"]),
        ("[]\n[1]", ["1:1 []", "2:1 [1]"]),
        ("[1, {\"a\":\"],\\\"\"},[2,3]]", ["1:2 #0 1", "1:5 #1 {\"a\":\"],\\\"\"}", "1:18 #2 [2,3]"]),
        ("[\n  1,\n  \"\u{E9}\u{1F600}\", 2\n]\n", ["2:3 #0 1", "3:3 #1 \"\u{E9}\u{1F600}\"", "3:9 #2 2\n"]),
        ("[]", []),
        ("[1", ["1:2 #0 1", "1:3 json.unexpected-end"]),
        ("[1]x", ["1:2 #0 1", "1:4 json.trailing-bytes"]),
        ("[,1]", ["1:2 json.unexpected-byte"]),
        ("[1,]", ["1:2 #0 1", "1:4 json.unexpected-byte"]),
        ("[1}2]", ["1:2 #0 1}2"]),
        ("", ["1:1 "]),
    ]

    @Test(arguments: texts)
    func valuesAreTheSameAtEveryCut(_ text: String, _ pieces: [String]) {
        #expect(split(text) == pieces)
        for cut in 0...text.utf8.count { #expect(split(text, cuts: [cut]) == pieces, "cut at \(cut)") }
        #expect(split(text, cuts: Array(0...text.utf8.count)) == pieces)
    }

    @Test func layoutThatIsNamedIsNotGuessed() {
        #expect(split("{\n}", .lines) == ["1:1 {", "2:1 }"])
        #expect(split("{}\n{}", .value) == ["1:1 {}\n{}"])
    }

    @Test func longValueIsRefusedAndTheNextOneRead() {
        let long = String(repeating: "1", count: 11)
        #expect(split("1\n\(long)\n2", .lines, maximum: 10) == ["1:1 1", "2:1 json.too-long", "3:1 2"])
        #expect(split("[1,\(long),2]", maximum: 10) == ["1:2 #0 1", "1:4 json.too-long", "1:16 #2 2"])
        #expect(split("\(long)", .value, maximum: 10) == ["1:1 json.too-long"])
    }

    /// A line without an end must not be held until there is one.
    @Test func layoutOfALongFirstLineIsDecided() {
        var splitter = PayloadSplitter(maximumValueBytes: 100)
        var count = 0
        count += splitter.feed(Array("[1,".utf8)).count
        for _ in 0..<3 { count += splitter.feed(Array(repeating: UInt8(ascii: " "), count: 1 << 20)).count }
        #expect(count == 1)
        count += splitter.feed(Array("2]".utf8)).count
        count += splitter.finish().count
        #expect(count == 2)
    }
}
