import Testing

@testable import WhyOps

/// The scanner goes over text sixteen bytes at a time; what it accepts and where it stops must not depend on that.
struct TextSearchTests {
    static let fillers: [[UInt8]] = ["a", "\u{E9}", "\u{65E5}", "\u{1F600}", "a\u{65E5}\u{1F600}\u{E9}"].map {
        Array($0.utf8)
    }

    /// What must not stand in a string, with how far behind its first byte the fault lies.
    static let faults: [(bytes: [UInt8], code: JSONFault.Code, offset: Int)] = [
        ([0x80], .invalidUTF8, 0),
        ([0xBF], .invalidUTF8, 0),
        ([0xC0, 0x80], .invalidUTF8, 0),
        ([0xC1, 0xBF], .invalidUTF8, 0),
        ([0xC3, 0x28], .invalidUTF8, 0),
        ([0xE0, 0x9F, 0xBF], .invalidUTF8, 0),
        ([0xE6, 0x97], .invalidUTF8, 0),
        ([0xE6, 0x97, 0xC3, 0xA9], .invalidUTF8, 0),
        ([0xED, 0xA0, 0x80], .invalidUTF8, 0),
        ([0xF0, 0x8F, 0xBF, 0xBF], .invalidUTF8, 0),
        ([0xF0, 0x9F, 0x98], .invalidUTF8, 0),
        ([0xF4, 0x90, 0x80, 0x80], .invalidUTF8, 0),
        ([0xF5, 0x80, 0x80, 0x80], .invalidUTF8, 0),
        ([0xFF], .invalidUTF8, 0),
        ([0xC3, 0xA9, 0xA9], .invalidUTF8, 2),
        ([0x00], .controlCharacter, 0),
        ([0x1F], .controlCharacter, 0),
        (Array("\\x".utf8), .invalidEscape, 1),
        (Array("\\u12G4".utf8), .invalidEscape, 4),
    ]

    @Test(arguments: fillers, 0..<36)
    func faultIsFoundWhereItStands(_ filler: [UInt8], _ count: Int) {
        let before = [UInt8(ascii: "\"")] + (0..<count).flatMap { _ in filler }
        for fault in Self.faults {
            for after in Self.fillers {
                let text = before + fault.bytes + (0..<20).flatMap { _ in after } + Array("\"".utf8)
                let found = Self.fault(of: text)
                #expect(found?.code == fault.code, "\(text)")
                #expect(found?.offset == before.count + fault.offset, "\(text)")
            }
        }
    }

    @Test(arguments: 0..<40)
    func everyKindOfScalarIsAccepted(_ count: Int) throws {
        let scalars: [UInt32] = [
            0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD000, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x3FFFF,
            0x40000, 0xFFFFF, 0x100000, 0x10FFFF,
        ]
        for scalar in scalars {
            let character = String(try #require(Unicode.Scalar(scalar)))
            let inner = String(repeating: "a", count: count) + String(repeating: character, count: 30) + "z"
            let text = Array("[\"\(inner)\"]".utf8)
            let tape = try JSONTape(scanning: text.span)
            #expect(tape.string(1, in: text.span) == inner)
            #expect(tape.isPlain(1) == (scalar < 0x80))
        }
    }

    @Test(arguments: ["\u{200B}", "\u{2060}", "\u{E01D7}", "\\u200b", "\\u200B", "\\u2060", "\\uDB40\\uddd7"], 0..<36)
    func startOfAFrameIsNeverOverlooked(_ start: String, _ count: Int) throws {
        for filler in ["a", "\u{E9}", "\u{65E5}", "\u{1F600}", "\\n"] {
            for behind in [0, 1, 40] {
                let inner = String(repeating: filler, count: count) + start + String(repeating: filler, count: behind)
                let text = Array("[\"\(inner)\"]".utf8)
                let tape = try JSONTape(scanning: text.span)
                #expect(tape.mayHoldFrame(1), "\(count) \(behind) \(filler.unicodeScalars)")
            }
        }
    }

    @Test func lettersHoldNoFrame() throws {
        for text in ["plain", "caf\u{E9}", "\u{65E5}\u{672C}", "\u{1F600}", "\\n\\u00e9\\/"] {
            let bytes = Array("[\"\(String(repeating: text, count: 9))\"]".utf8)
            #expect(try !JSONTape(scanning: bytes.span).mayHoldFrame(1))
        }
    }

    private static func fault(of text: [UInt8]) -> JSONFault? {
        do throws(JSONFault) {
            _ = try JSONTape(scanning: text.span)
            return nil
        } catch {
            return error
        }
    }
}
