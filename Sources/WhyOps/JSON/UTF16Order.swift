/// The order of texts by their UTF-16 code units, decided on UTF-8 (JSON-20).
enum UTF16Order {
    /// Negative, 0 or positive, as the first text comes before, is or comes after the second.
    ///
    /// The orders of UTF-8 and UTF-16 differ in one thing: characters above U+FFFF, which begin with a byte from 0xF0
    /// on, come before U+E000 to U+FFFF, which begin with 0xEE or 0xEF. Where two texts part, both bytes begin a
    /// character or neither does.
    ///
    /// - Complexity: O(n); doesn't allocate.
    static func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
        let common = min(left.count, right.count)
        for offset in 0..<common where left[offset] != right[offset] {
            return rank(left[offset]) < rank(right[offset]) ? -1 : 1
        }
        return left.count - right.count
    }

    /// As above, of two strings.
    static func compare(_ left: String, _ right: String) -> Int {
        var (one, other) = (left.utf8.makeIterator(), right.utf8.makeIterator())
        while true {
            switch (one.next(), other.next()) {
            case (nil, nil): return 0
            case (nil, _): return -1
            case (_, nil): return 1
            case (let first?, let second?):
                if first != second { return rank(first) < rank(second) ? -1 : 1 }
            }
        }
    }

    private static func rank(_ byte: UInt8) -> UInt8 {
        byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte
    }
}
