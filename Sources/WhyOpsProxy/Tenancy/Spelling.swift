/// How a text of ASCII may stand in JSON: each byte as it is, a quote or a slash behind a backslash, any as `\u` with four
/// digits in either case; and all that once more where the JSON is a text within JSON, so that its backslashes are doubled.
enum Spelling {
    enum Match: Equatable {
        /// It stands there, up to an offset.
        case whole(end: Int)
        /// What stands there may be its beginning: the bytes end first.
        case begun
        case none
    }

    static let backslash = UInt8(ascii: "\\")
    /// How many backslashes stand before a character at the most: three before a quote of a text within a text.
    private static let deepest = 3
    /// The most bytes that one byte of the text takes.
    static let longest = deepest + 5

    /// Whether a text stands at an offset.
    static func match(_ text: [UInt8], in bytes: Span<UInt8>, at start: Int) -> Match {
        var place = start
        for (index, byte) in text.enumerated() {
            let first = place
            while place < bytes.count, place - first < deepest, bytes[place] == backslash { place += 1 }
            let escapes = place - first
            let escaped = escapes > 0 ? hexadecimal(byte, in: bytes, at: place) : .none
            if case .whole(let end) = escaped {
                place = end
            } else if byte == backslash, escapes > 0, place < bytes.count || index == text.count - 1 {
                // As it is or doubled; what is left over belongs to the next byte.
                place = first + min(escapes, 2)
            } else if place == bytes.count || escaped == .begun {
                return .begun
            } else if bytes[place] == byte, escapes == 0 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "/") {
                place += 1
            } else {
                return .none
            }
        }
        return .whole(end: place)
    }

    /// Whether `u00` and two digits for a byte stand at an offset.
    private static func hexadecimal(_ byte: UInt8, in bytes: Span<UInt8>, at start: Int) -> Match {
        for offset in 0..<5 {
            guard start + offset < bytes.count else { return .begun }
            let found = bytes[start + offset]
            let isMatch =
                switch offset {
                case 0: found == UInt8(ascii: "u")
                case 1, 2: found == UInt8(ascii: "0")
                case 3: digit(found) == byte >> 4
                default: digit(found) == byte & 15
                }
            if !isMatch { return .none }
        }
        return .whole(end: start + 5)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x61 + 10
        default: nil
        }
    }
}
