/// The credential of a provider, found wherever an upstream repeats it (PRX-38, PRX-171).
struct Credential: Sendable {
    private let search: CredentialSearch
    /// Whether it is so long that no other text is like it by chance.
    private let isLong: Bool

    /// Shorter ones, as local model servers have them, are not told apart from ordinary text.
    private static let shortest = 8
    private static let long = 16

    /// - Returns: `nil` where there is nothing that could be told apart from a text.
    init?(_ text: String?) {
        guard let plain = text.map({ Array($0.utf8) }),
            let search = CredentialSearch(plain, shortest: Self.shortest)
        else { return nil }
        self.search = search
        isLong = plain.count >= Self.long
    }

    /// Whether it stands in a text.
    func occurs(in text: String) -> Bool {
        !search.places(in: text.utf8.span).whole.isEmpty
    }

    /// A text to be kept, in which something else stands in its place.
    ///
    /// - Parameter isError: whether the text is what an upstream says to be wrong; elsewhere a credential has to be longer.
    func redacted(_ text: [UInt8], isError: Bool) -> [UInt8] {
        guard isError || isLong else { return text }
        return replaced(text, with: Array("[redacted]".utf8))
    }

    /// An error for the client, of the same length.
    func masked(_ text: [UInt8]) -> [UInt8] {
        var text = text
        mask(&text)
        return text
    }

    /// A piece of an error that comes in pieces, for the client.
    ///
    /// - Parameter held: what may be the beginning of the credential at the end of what came, and goes before what comes
    ///   next.
    func masked(_ piece: [UInt8], holding held: inout [UInt8]) -> [UInt8] {
        var text = held.isEmpty ? piece : held + piece
        let start = mask(&text)
        held = Array(text[start...])
        text.removeSubrange(start...)
        return text
    }

    /// What was held when nothing more comes: from 16 bytes on, however they are spelled, the beginning of the credential is
    /// masked, too.
    func masked(rest held: [UInt8]) -> [UInt8] {
        guard held.count >= Self.long, search.places(in: held.span).hasBegun else { return held }
        return Array(repeating: UInt8(ascii: "*"), count: held.count)
    }

    /// - Returns: where the longest end begins that may be its beginning.
    @discardableResult private func mask(_ text: inout [UInt8]) -> Int {
        let places = search.places(in: text.span)
        for place in places.whole {
            for offset in place { text[offset] = UInt8(ascii: "*") }
        }
        return places.open
    }

    private func replaced(_ text: [UInt8], with replacement: [UInt8]) -> [UInt8] {
        let places = search.places(in: text.span).whole
        if places.isEmpty { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var end = 0
        for place in places {
            result += text[end..<place.lowerBound]
            result += replacement
            end = place.upperBound
        }
        return result + text[end...]
    }
}
