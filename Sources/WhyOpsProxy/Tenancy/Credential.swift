/// The credential of a provider, found wherever an upstream repeats it (PRX-38, PRX-171).
struct Credential: Sendable {
    /// What a search looks for, and how far it may go on by the byte that ends a place where it is not.
    private struct Pattern: Sendable {
        let bytes: [UInt8]
        private let steps: [Int]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            var steps = Array(repeating: bytes.count, count: 256)
            for (index, byte) in bytes.dropLast().enumerated() { steps[Int(byte)] = bytes.count - 1 - index }
            self.steps = steps
        }

        /// Where it stands first from an offset on.
        ///
        /// - Complexity: O(n / m) for most texts of n bytes and a pattern of m.
        func first(in text: [UInt8], from start: Int) -> Int? {
            var start = start
            let length = bytes.count
            while start <= text.count - length {
                let last = text[start + length - 1]
                if last == bytes[length - 1], text[start..<start + length].elementsEqual(bytes) { return start }
                start += steps[Int(last)]
            }
            return nil
        }

        /// Where the longest beginning of it starts, short of all of it, that a text ends in; the text's end where there is
        /// none.
        ///
        /// - Parameter start: what comes before is none.
        func beginning(atEndOf text: [UInt8], from start: Int) -> Int {
            var place = max(start, text.count - bytes.count + 1)
            while place < text.count, !bytes.starts(with: text[place...]) { place += 1 }
            return place
        }
    }

    /// As it is sent, and as JSON may spell it where that differs.
    private let patterns: [Pattern]
    /// Whether it is so long that no other text is like it by chance.
    private let isLong: Bool

    /// Shorter ones, as local model servers have them, are not told apart from ordinary text.
    private static let shortest = 8
    private static let long = 16

    /// - Returns: `nil` where there is nothing that could be told apart from a text.
    init?(_ text: String?) {
        guard let plain = text.map({ Array($0.utf8) }), plain.count >= Self.shortest else { return nil }
        var forms = [plain]
        for escapesSlash in [false, true] {
            let form = plain.flatMap { byte -> [UInt8] in
                let isEscaped =
                    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                    || escapesSlash && byte == UInt8(ascii: "/")
                return isEscaped ? [UInt8(ascii: "\\"), byte] : [byte]
            }
            if !forms.contains(form) { forms.append(form) }
        }
        patterns = forms.map { Pattern($0) }
        isLong = plain.count >= Self.long
    }

    /// Whether it stands in a text.
    func occurs(in text: String) -> Bool {
        let bytes = Array(text.utf8)
        return patterns.contains { $0.first(in: bytes, from: 0) != nil }
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
    ///   next; always shorter than the longest spelling of it.
    func masked(_ piece: [UInt8], holding held: inout [UInt8]) -> [UInt8] {
        var text = held.isEmpty ? piece : held + piece
        let end = mask(&text)
        let start = patterns.reduce(text.count) { min($0, $1.beginning(atEndOf: text, from: end)) }
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
        var last = 0
        for pattern in patterns {
            var end = 0
            while let place = pattern.first(in: text, from: end) {
                end = place + pattern.bytes.count
                for offset in place..<end { text[offset] = UInt8(ascii: "*") }
            }
            last = max(last, end)
        }
        return last
    }

    private func replaced(_ text: [UInt8], with replacement: [UInt8]) -> [UInt8] {
        patterns.reduce(text) { text, pattern in
            guard var place = pattern.first(in: text, from: 0) else { return text }
            var result: [UInt8] = []
            result.reserveCapacity(text.count)
            var end = 0
            while true {
                result += text[end..<place]
                result += replacement
                end = place + pattern.bytes.count
                guard let next = pattern.first(in: text, from: end) else { break }
                place = next
            }
            return result + text[end...]
        }
    }
}
