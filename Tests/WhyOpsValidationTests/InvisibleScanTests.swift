import Testing
import WhyOps

@testable import WhyOpsValidation

struct InvisibleScanTests {

    private func runs(_ text: String, escapes: Bool = false, keys: SigningKeys? = nil) -> [InvisibleRun] {
        InvisibleScan(escapes: escapes, keys: keys).runs(in: Array(text.utf8), of: "x")
    }

    @Test func plainTextOfAnyScriptHoldsNone() {
        for text in [
            "", "plain\ttext\r\n", "h\u{e9}llo \u{4f60}\u{597d} \u{1f600}", "\u{645}\u{627}\u{647}", "\u{a0}\u{3000}",
        ] {
            #expect(runs(text).isEmpty)
        }
    }

    @Test func whatWritingNeedsIsOrdinary() {
        let texts = [
            "\u{646}\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{1f469}\u{200d}\u{2764}\u{fe0f}\u{200d}\u{1f468}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "\u{feff}first", "co\u{ad}operate", "a\u{2066}b\u{2069}c",
        ]
        for text in texts {
            let found = runs(text)
            #expect(!found.isEmpty && found.allSatisfy { $0.kind == .ordinary }, "\(found)")
        }
    }

    @Test func whatNoWritingNeedsIsSuspicious() throws {
        let texts = [
            "a\u{200b}\u{200b}\u{200b}\u{200b}b", "a\u{202e}b", "a\u{e0041}b", "a\u{feff}b",
            "x\u{fe0f}\u{fe0f}\u{fe0f}\u{fe0f}", "\u{2063}",
        ]
        for text in texts { #expect(runs(text).map(\.kind) == [.suspicious], "\(text.unicodeScalars.map(\.value))") }
        let tags = try #require(
            runs(
                "hi"
                    + String(
                        String.UnicodeScalarView("run".unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xE0000) })
                    )
            ).first
        )
        #expect(tags.sentence.hasSuffix("; it reads 'run'") && tags.count == 3)
    }

    @Test func signaturesAreNamed() throws {
        let id = try #require(TraceID("session-7"))
        let key = try #require(SigningKey(id: 3, bytes: [UInt8](repeating: 7, count: 32)))
        let v1 = try #require(InvisibleSignature.encodeV1(id))
        let v2 = try #require(InvisibleSignature.encodeV2(id, with: key))
        let text = Array("one\n\u{4f60}".utf8) + v1 + Array(" two\u{202e}".utf8) + v2
        let found = InvisibleScan(keys: SigningKeys([key])).runs(in: text, of: "x")
        #expect(found.map(\.kind) == [.signature, .suspicious, .signature])
        #expect(found.map(\.place) == [TextPlace(line: 2, column: 2), found[1].place, found[2].place])
        #expect(found.map { Array(text[$0.range]) } == [v1, Array("\u{202e}".utf8), v2])
        #expect(found[0].signature?.sentence == "signature of version 1: trace session-7, not authenticated")
        #expect(found[2].signature?.sentence == "signature of version 2: trace session-7, verified")
        let others = InvisibleScan().runs(in: text, of: "x")
        #expect(others[2].signature?.version == 2 && others[2].signature?.traceID == nil)
    }

    /// SIG-11
    @Test func aLaterVersionIsToldFromVersion2() throws {
        let later = "a\u{2060}\u{e01d8}\u{e0100}"
        #expect(runs(later).map(\.signature?.version) == [3])
    }

    @Test func escapesCountWhereTheyAreAskedFor() {
        #expect(runs(#"{"a":"\u200b\u200B\u200b\u200b"}"#).isEmpty)
        let found = runs(#"{"a":"\u200b\u200B\u200b\u200b"}"#, escapes: true)
        #expect(found.map(\.kind) == [.suspicious])
        #expect(found.first?.range == 6..<30 && found.first?.count == 4)
        // A tag character is a pair of escapes.
        #expect(runs(#""\udb40\udc41""#, escapes: true).first?.scalars == [0xE0041])
    }

    @Test func bytesThatAreNoTextDoNotMoveWhatFollows() {
        let bytes: [UInt8] = [0xFF, 0x61, 0xE2, 0x80, 0x0A, 0xC3] + Array("\u{202e}".utf8)
        let found = InvisibleScan().runs(in: bytes, of: "x")
        #expect(found.map(\.range) == [6..<9])
        #expect(found.first?.place.line == 2)
    }
}
