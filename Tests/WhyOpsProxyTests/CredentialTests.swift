import Testing

@testable import WhyOpsProxy

/// PRX-38, PRX-171
struct CredentialTests {
    private let secret = "sk-proj-0123/4567+89ab"

    private func kept(_ text: String, _ secret: String, isError: Bool = true) -> String? {
        Credential(secret).map { String(decoding: $0.redacted(Array(text.utf8), isError: isError), as: UTF8.self) }
    }

    @Test(arguments: ["sk-proj-0123/4567+89ab", #"sk-proj-0123\/4567+89ab"#])
    func isFoundAsItIsAndAsJSONSpellsIt(_ spelling: String) throws {
        let masked = try #require(Credential(secret)).masked(Array("<\(spelling)>\(spelling)".utf8))
        let stars = String(repeating: "*", count: spelling.utf8.count)
        #expect(String(decoding: masked, as: UTF8.self) == "<\(stars)>\(stars)")
        #expect(kept("a \(spelling)", secret) == "a [redacted]")
    }

    @Test func quotesAndBackslashesAreFound() {
        #expect(kept(#"{"m":"key a\"b\\c-defg/h"}"#, #"a"b\c-defg/h"#) == #"{"m":"key [redacted]"}"#)
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
        for text in ["", "sk", "sk-proj-0123/4567+89a", "sk-proj-0123/4567+89aB", String(repeating: "b", count: 500)] {
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
}
