/// The credential of a provider, found wherever an upstream repeats it (PRX-38, PRX-171).
struct Credential: Sendable {
    private let bytes: [UInt8]
    /// Whether it is so long that no other text is like it by chance.
    private let isLong: Bool

    /// Shorter ones, as local model servers have them, are not told apart from ordinary text.
    private static let shortest = 8
    private static let long = 16

    /// - Returns: `nil` where there is nothing that could be told apart from a text.
    init?(_ text: String?) {
        guard let plain = text.map({ Array($0.utf8) }), plain.count >= Self.shortest else { return nil }
        bytes = plain
        isLong = plain.count >= Self.long
    }

    /// Whether it stands in a text.
    func occurs(in text: String) -> Bool {
        first(in: Array(text.utf8), from: 0) != nil
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
        let start = beginning(atEndOf: text, from: mask(&text))
        held = Array(text[start...])
        text.removeSubrange(start...)
        return text
    }

    /// What was held when nothing more comes: so much of it that nothing else is like it is masked, too.
    func masked(rest held: [UInt8]) -> [UInt8] {
        held.count < Self.long ? held : Array(repeating: UInt8(ascii: "*"), count: held.count)
    }

    /// - Returns: where the last place ends at which it stood.
    @discardableResult private func mask(_ text: inout [UInt8]) -> Int {
        var end = 0
        while let place = first(in: text, from: end) {
            for offset in place { text[offset] = UInt8(ascii: "*") }
            end = place.upperBound
        }
        return end
    }

    private func replaced(_ text: [UInt8], with replacement: [UInt8]) -> [UInt8] {
        guard var place = first(in: text, from: 0) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var end = 0
        while true {
            result += text[end..<place.lowerBound]
            result += replacement
            end = place.upperBound
            guard let next = first(in: text, from: end) else { break }
            place = next
        }
        return result + text[end...]
    }

    // MARK: The search

    /// Where it stands first from an offset on, however it is spelled.
    ///
    /// - Complexity: O(n) for texts of n bytes that are not made of its beginnings.
    private func first(in text: [UInt8], from start: Int) -> Range<Int>? {
        let span = text.span
        var place = start
        while place < span.count {
            if span[place] == bytes[0] || span[place] == Spelling.backslash,
                case .whole(let end) = Spelling.match(bytes, in: span, at: place)
            {
                return place..<end
            }
            place += 1
        }
        return nil
    }

    /// Where the longest beginning of it starts, short of all of it, that a text ends in; the text's end where there is none.
    ///
    /// - Parameter start: what comes before is none.
    private func beginning(atEndOf text: [UInt8], from start: Int) -> Int {
        let span = text.span
        var place = max(start, span.count - bytes.count * Spelling.longest + 1)
        while place < span.count {
            if case .begun = Spelling.match(bytes, in: span, at: place) { return place }
            place += 1
        }
        return span.count
    }
}
