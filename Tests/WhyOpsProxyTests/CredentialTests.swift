import Foundation
import Testing

@testable import WhyOpsProxy

/// PRX-38, PRX-171
struct CredentialTests {
    private let secret = "sk-proj-0123/4567+89ab"

    private func kept(_ text: String, _ secret: String, isError: Bool = true) -> String? {
        Credential(secret).map { String(decoding: $0.redacted(Array(text.utf8), isError: isError), as: UTF8.self) }
    }

    @Test(arguments: [
        "sk-proj-0123/4567+89ab", #"sk-proj-0123\/4567+89ab"#, #"sk-proj-0123/4567\u002B89ab"#,
        #"sk-proj-0123\u002f4567\u002b89ab"#,
        #"\u0073k-proj-0123/4567+89a\u0062"#, #"sk-proj-0123\\/4567\\u002B89ab"#,
        #"sk-proj-0123\u005c/4567\u005cu002B89ab"#, #"\u005cu0073k-proj-0123\\u005C/4567+89ab"#,
        #"sk-proj-0123\u005cu005c/4567\u005c\u005cu002B89ab"#, #"\\u005cu005cu0073k-proj-0123/4567+89ab"#,
        String("sk-proj-0123/4567+89ab".utf8.map { #"\u00"# + String($0, radix: 16, uppercase: true) }.joined()),
    ])
    func isFoundAsItIsAndAsJSONSpellsIt(_ spelling: String) throws {
        let masked = try #require(Credential(secret)).masked(Array("<\(spelling)>\(spelling)".utf8))
        let stars = String(repeating: "*", count: spelling.utf8.count)
        #expect(String(decoding: masked, as: UTF8.self) == "<\(stars)>\(stars)")
        #expect(kept("a \(spelling)", secret) == "a [redacted]")
    }

    @Test func quotesAndBackslashesAreFound() {
        for text in [
            #"a"b\c-defg/h"#, #"a\"b\\c-defg\/h"#, #"a\u0022b\u005Cc-defg/h"#, #"a\\\"b\u005cc-defg/h"#,
            #"a\\\"b\\\\c-defg/h"#,
        ] {
            #expect(kept("<\(text)>", #"a"b\c-defg/h"#) == "<[redacted]>")
        }
        #expect(Credential(#"\\\\\\\\a"#) == nil)
        #expect(kept(#"{"m":"key a\"b\\c-defg/h"}"#, #"a"b\c-defg/h"#) == #"{"m":"key [redacted]"}"#)
    }

    /// Whatever stands before it: JSON in which it is masked or redacted is still JSON, and has all but it.
    @Test(arguments: [
        "nvapi-0123456789abcdef", "/wJalrXUtnFEMI+K7MDENG", "uvapi-0123456789abcdef", "r8_0123456789abcdef",
    ])
    func whatIsLeftIsStillJSON(_ secret: String) throws {
        let credential = try #require(Credential(secret))
        let first = try #require(secret.utf8.first)
        let escaped = "u00" + String(first, radix: 16) + secret.dropFirst()
        for count in 0...9 {
            for spelling in count == 0 ? [secret] : [secret, escaped] {
                let text = #"{"a":"b"# + String(repeating: "\\", count: count) + spelling + #"","c":1}"#
                guard (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil else { continue }
                for result in [
                    credential.masked(Array(text.utf8)), credential.redacted(Array(text.utf8), isError: true),
                ] {
                    let value = try JSONSerialization.jsonObject(with: Data(result)) as? [String: Any]
                    let left = try #require(value?["a"] as? String)
                    #expect(left.hasPrefix("b") && !left.contains(secret.dropFirst()), "\(text)")
                    #expect(value?["c"] as? Int == 1)
                }
            }
        }
    }

    /// Backslashes before it that make no escape of its first character are not of it, and stay.
    @Test(arguments: [#"DOMAIN\\"#, #"DOMAIN\u005c"#, #"a\u005c\\"#, #"a\u005c\u005c\u005c"#, #"a\u005cu005c"#])
    func whatStandsBeforeItStays(_ start: String) {
        #expect(kept(start + secret, secret) == start + "[redacted]")
    }

    /// A credential that is like itself, and what is like it, takes no more time than another.
    @Test func anyTextTakesTimeByItsLength() throws {
        let secret = String(repeating: "a", count: 4095) + "b"
        let credential = try #require(Credential(secret))
        let text = Array(repeating: UInt8(ascii: "a"), count: 4 << 20)
        #expect(credential.masked(text) == text)
        var held: [UInt8] = []
        #expect(credential.masked(text, holding: &held).count == text.count - 4095)
        #expect(held.count == 4095)
        let slashes = Array(repeating: UInt8(ascii: "\\"), count: 4 << 20)
        held = []
        #expect(credential.masked(slashes, holding: &held).count + held.count == slashes.count)
        #expect(held.count < 16)
        #expect(credential.masked(Array(secret.utf8.prefix(9)) + slashes, holding: &held).count > slashes.count - 16)
    }

    /// Backslashes that are spelled by digits without an end, within a match and outside of one.
    @Test func whatIsHeldOfBackslashesIsBounded() throws {
        let credential = try #require(Credential(secret))
        for start in ["", "x", "sk-proj", #"sk-\u005cproj"#] {
            for unit in [#"\u005c"#, #"\\u005c"#, #"\u005cu005c"#, #"\\\\\\\\u005c"#] {
                let text = Array((start + String(repeating: unit, count: 100_000)).utf8)
                var held: [UInt8] = []
                #expect(credential.masked(text, holding: &held) + held == text)
                #expect(held.count <= 15 * unit.utf8.count + start.utf8.count, "\(start) \(unit)")
                let next = Array("\(secret)!".utf8)
                let output = String(decoding: credential.masked(next, holding: &held), as: UTF8.self)
                #expect(output.hasSuffix(String(repeating: "*", count: secret.utf8.count) + "!"))
            }
        }
    }

    /// PRX-216: texts of what matters, cut at random, against what is masked when they come at once.
    @Test func piecesGiveWhatTheWholeGives() throws {
        var random = SystemRandomNumberGenerator()
        let secrets = ["aa/aab-a", "uu005c-a", "u1230000", "000005cu"]
        let units = [
            "a", "a", "/", "b-", "\\", "\\\\", "u", "0", "00", "1", "5c", "u005c", #"\u005c"#, "u0061", #"\u002f"#,
        ]
        for secret in secrets {
            for _ in 0..<5_000 {
                var text = ""
                for _ in 0..<Int.random(in: 1...24, using: &random) {
                    if Int.random(in: 0..<6, using: &random) == 0 {
                        text += secret.prefix(Int.random(in: 1...8, using: &random))
                    } else {
                        let unit = units.randomElement(using: &random) ?? ""
                        text += String(repeating: unit, count: Int.random(in: 0..<12, using: &random) == 0 ? 20 : 1)
                    }
                }
                let count = text.utf8.count
                let places = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                    Int.random(in: 0...count, using: &random)
                }
                let whole = String(decoding: try #require(Credential(secret)).masked(Array(text.utf8)), as: UTF8.self)
                #expect(try passed(text, secret, cutAt: places.sorted()).text == whole, "\(secret) \(text) \(places)")
            }
        }
    }

    /// Every place of a text and every length of what surrounds it, against the plain way to search.
    @Test func isFoundWhereverItStands() {
        let secret = "abababac-abab"
        for before in 0..<30 {
            for text in ["ab", "c-", "a", "abababac-aba"] {
                let left = String(repeating: text, count: before)
                let body = left + secret + text
                #expect(kept(body, secret) == body.replacing(secret, with: "[redacted]"))
            }
        }
    }

    @Test func othersStayAsTheyAre() {
        for text in [
            "", "sk", "sk-proj-0123/4567+89a", "sk-proj-0123/4567+89aB",
            #"sk-proj-0123/4567\u002C89ab"#,
            #"sk-proj-0123/4567\u012B89ab"#, "sk-proj-0123/4567u002B89ab", #"\sk-proj-0123/4567+89a"#, #"\\\\\\"#,
            String(repeating: "b", count: 500),
        ] {
            #expect(kept(text, secret) == text)
        }
    }

    /// A word that local servers take for a key is one that people write, too.
    @Test func shortOnesAreOrdinaryText() {
        for word in ["", "x", "ollama", "EMPTY", "sk-1234"] { #expect(Credential(word) == nil) }
        #expect(kept("lm-studio", "lm-studio", isError: false) == "lm-studio")
        #expect(kept("lm-studio", "lm-studio") == "[redacted]")
        #expect(kept(secret, secret, isError: false) == "[redacted]")
    }

    /// What goes out for a text in pieces that end at these places, and the most that was held.
    private func passed(_ text: String, _ secret: String, cutAt places: [Int]) throws -> (text: String, held: [Int]) {
        let credential = try #require(Credential(secret))
        let bytes = Array(text.utf8)
        var (output, held, sizes): ([UInt8], [UInt8], [Int]) = ([], [], [])
        var start = 0
        for end in places + [bytes.count] {
            output += credential.masked(Array(bytes[start..<end]), holding: &held)
            sizes.append(held.count)
            start = end
        }
        return (String(decoding: output + held, as: UTF8.self), sizes)
    }

    /// PRX-216: wherever it is cut, once or at every byte; with it and without it, and with what only begins like it.
    @Test(arguments: [
        ("sk-proj-0123/4567+89ab", "sk-proj-0123/4567+89ab"), ("sk-proj-0123/4567+89ab", #"sk-proj-0123\/4567+89ab"#),
        ("sk-proj-0123/4567+89ab", #"sk-proj-0123\u002F4567\u002b89ab"#), (#"a"b\c-defg/h"#, #"a\"b\\c-defg/h"#),
        ("abababac-abab", "abababac-abab"), ("********", "********"),
        ("*a*******", "*a*******"), ("aaaaaaaa", "aaaaaaaa"),
    ])
    func isFoundWhereverItIsCut(_ secret: String, _ spelling: String) throws {
        let before = String(spelling.dropLast())
        for text in [
            "data: {\"error\":\"\(spelling)\"}\n\n", "\(before)\(spelling)\(spelling)\(before)", before + before,
            "sk-sk-sk-p",
            "aaaaaaabababababac-ababac-ababab", "",
        ] {
            let bytes = Array(text.utf8)
            let whole = String(decoding: try #require(Credential(secret)).masked(bytes), as: UTF8.self)
            #expect(!whole.contains(spelling) || spelling.contains("*"))
            for cut in 0...bytes.count {
                let (output, held) = try passed(text, secret, cutAt: [cut])
                #expect(output == whole)
                #expect(held.allSatisfy { $0 < spelling.utf8.count })
            }
            #expect(try passed(text, secret, cutAt: Array(0...bytes.count)).text == whole)
        }
    }

    /// Nothing is held that cannot be the beginning of it.
    @Test func onlyABeginningIsHeld() throws {
        #expect(try passed("data: {}\n\nsk-proj-0123/4567+89a", secret, cutAt: []).held == [21])
        for text in ["data: {}\n\n", "sk-proj-0124", "k-proj", "sk-proj-0123/4567+89ab"] {
            #expect(try passed(text, secret, cutAt: []).held == [0])
        }
    }

    /// What a stream ends with is ordinary text, unless it is long and the credential begins in it.
    @Test func whatIsHeldAtTheEnd() throws {
        let credential = try #require(Credential(secret))
        for text in [#"\u005c\u005c\u005c"#, #"\\\\\\\\\\\\\\\u00"#] {
            var held: [UInt8] = []
            #expect(credential.masked(Array(text.utf8), holding: &held) == [] && held == Array(text.utf8))
            #expect(credential.masked(rest: held) == held)
        }
        let begun = Array(#"\u005c\u005c\u0073k"#.utf8)
        #expect(credential.masked(rest: begun) == Array(repeating: UInt8(ascii: "*"), count: begun.count))
        for count in 0..<22 {
            let text = String(secret.prefix(count))
            let rest = String(decoding: credential.masked(rest: Array(text.utf8)), as: UTF8.self)
            #expect(rest == (count < 16 ? text : String(repeating: "*", count: count)))
        }
    }
}
