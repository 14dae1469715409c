/// Finds a credential in a text however JSON spells it: with backslashes before its characters, at any depth of texts within
/// texts, and with characters, also those backslashes, written as `\u` and four digits.
///
/// Backslashes are left out of both, so one that holds some is found, too, where their number differs.
struct CredentialSearch: Sendable {
    private let pattern: [UInt8]
    /// For each beginning the length of the longest shorter one that it ends in (Knuth, Morris and Pratt).
    private let shorter: [Int]

    private static let backslash = UInt8(ascii: "\\")
    /// More backslashes in a row spell no character of a credential.
    private static let longestRun = 15

    /// - Returns: `nil` where it has fewer bytes than that, besides backslashes.
    init?(_ credential: [UInt8], shortest: Int) {
        let pattern = credential.filter { $0 != Self.backslash }
        if pattern.count < max(shortest, 1) { return nil }
        var shorter = [0]
        var length = 0
        for byte in pattern.dropFirst() {
            while length > 0, pattern[length] != byte { length = shorter[length - 1] }
            if pattern[length] == byte { length += 1 }
            shorter.append(length)
        }
        self.pattern = pattern
        self.shorter = shorter
    }

    /// What is found of a credential in a text.
    struct Places {
        /// Where it stands.
        var whole: [Range<Int>] = []
        /// Where the longest end of the text begins that may be its beginning, if more comes; the text's end where there is
        /// none.
        var open = 0
        /// Whether characters of it stand there, not only backslashes that may belong to it.
        var hasBegun = false
    }

    /// Where it stands, whole or at the end of the text.
    ///
    /// What is left when these places are taken out of JSON is still JSON but for them: each is of whole escapes.
    /// - Complexity: O(n) for n bytes; allocates where the text holds a beginning of it.
    func places(in bytes: Span<UInt8>) -> Places {
        var places = Places()
        /// Where the last characters start, as many as it has.
        var starts: [Int] = []
        var characters = 0
        var matched = 0
        /// Backslashes directly before this place that are spelled by digits.
        var spelled = Spelled()
        var place = 0
        while true {
            if matched == 0, spelled.count == 0 { place = next(in: bytes, from: place) }
            let run = place
            while place < bytes.count, bytes[place] == Self.backslash { place += 1 }
            var escapes = place - run
            if escapes > Self.longestRun {
                (matched, spelled) = (0, Spelled())
                // Of a long run an even number goes; the rest tells the same of what follows.
                escapes = escapes % 8 + 8
            }
            places.hasBegun = matched > 0
            places.open =
                matched > 0
                ? starts[(characters - matched) % pattern.count] : spelled.count > 0 ? spelled.start : place - escapes
            if place == bytes.count { return places }
            var start = place
            // Even what stands before it stays whole: pairs of backslashes, and one that makes no escape of what follows.
            if Self.isEscape(bytes[place]) { start = spelled.count % 2 == 1 ? spelled.start : place - escapes % 2 }
            var value: UInt8? = bytes[place]
            let mayBeEscape = escapes > 0 || spelled.count > 0 && spelled.count < Self.longestRun
            switch mayBeEscape ? Escape(in: bytes, at: place) : .none {
            case .cutOff: return places
            case .none: place += 1
            case .whole(let decoded):
                let own = place - Self.lowestBit(escapes)
                place += 5
                if decoded == Self.backslash {
                    if spelled.count == Self.longestRun { (matched, spelled) = (0, Spelled()) }
                    if spelled.count == 0 { spelled.start = own }
                    spelled.count += 1
                    continue
                }
                start = spelled.count > 0 ? spelled.start : own
                value = decoded
            }
            spelled = Spelled()
            while matched > 0, pattern[matched] != value { matched = shorter[matched - 1] }
            if pattern[matched] == value { matched += 1 }
            if starts.isEmpty { starts = Array(repeating: 0, count: pattern.count) }
            starts[characters % pattern.count] = start
            characters += 1
            if matched == pattern.count {
                places.whole.append(starts[(characters - matched) % pattern.count]..<place)
                matched = 0
            }
        }
    }

    /// Whether a backslash before it makes an escape of JSON.
    private static func isEscape(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "u"):
            true
        default: false
        }
    }

    private struct Spelled {
        var count = 0
        /// Where the first of them starts.
        var start = 0
    }

    /// Where the first byte stands that can begin it.
    private func next(in bytes: Span<UInt8>, from start: Int) -> Int {
        let first = pattern[0]
        var place = start
        while place < bytes.count, bytes[place] != first, bytes[place] != Self.backslash { place += 1 }
        return place
    }

    /// How many of so many backslashes belong to an escape behind them: one, or where it stands in a text within a text
    /// two, and so on; those before them are characters of their own.
    private static func lowestBit(_ count: Int) -> Int { count & -count }
}

/// Whether `u` and four digits stand at a place, and for which byte of ASCII.
private enum Escape {
    /// `nil` for another character.
    case whole(UInt8?)
    /// The text ends before that can be told.
    case cutOff
    case none

    init(in bytes: Span<UInt8>, at place: Int) {
        guard bytes[place] == UInt8(ascii: "u") else {
            self = .none
            return
        }
        var value = 0
        for offset in 1...4 {
            guard place + offset < bytes.count else {
                self = .cutOff
                return
            }
            guard let digit = Self.digit(bytes[place + offset]) else {
                self = .none
                return
            }
            value = value << 4 | digit
        }
        self = .whole(value < 0x80 ? UInt8(value) : nil)
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46, 0x61...0x66: Int(byte | 0x20) - 0x61 + 10
        default: nil
        }
    }
}
