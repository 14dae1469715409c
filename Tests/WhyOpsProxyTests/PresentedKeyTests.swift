import Testing

@testable import WhyOpsProxy

/// PRX-6: the key that a request came with.
struct PresentedKeyTests {
    private func left(_ query: String, _ key: String) throws -> String? {
        var headers = HeaderFields()
        headers.append(.authorization, "Bearer \(key)")
        return try #require(PresentedKey(headers)).removed(from: query)
    }

    @Test func goesFromAQueryAndNothingElseDoes() throws {
        let key = "abc/def+ghi==jklm"
        for query in ["", "&", "a=1&&b=%2F&c", "%", "%2", "a=abc/def+ghi==jkl", "%61bc/def+ghi==jkl%6E"] {
            #expect(try left(query, key) == query)
        }
        #expect(try left("a=1&k=abc/def+ghi==jklm&b", key) == "a=1&b")
        #expect(try left("a=1&k=abc%2Fdef%2bghi==jkl%6D&b", key) == "a=1&b")
        #expect(try left("xabc/def+ghi==jklmx=1", key) == nil)
    }

    /// Such a key is part of no parameter: better none goes than it.
    @Test func keyWithAnAmpersandTakesAllWithIt() throws {
        #expect(try left("a=1&k=aaaaaaaa&bbbbbbbb", "aaaaaaaa&bbbbbbbb") == nil)
        #expect(try left("a=1&k=aaaaaaaa%26bbbbbbbb", "aaaaaaaa&bbbbbbbb") == "a=1")
    }

    @Test func isFoundInFrontOfAMarkThatJoinsIt() throws {
        var headers = HeaderFields()
        headers.append(.apiKey, "0123456789abcdef")
        let key = try #require(PresentedKey(headers))
        #expect(key.occurs(in: "agent 0123456789abcdef\u{301}") && !key.occurs(in: "0123456789abcde\u{301}"))
        #expect(PresentedKey(HeaderFields()) == nil)
    }
}
