/// A digest of the joined text of a stream's deltas, to recognise its copies however they are spelled.
///
/// It is of UTF-16, since a stream may cut a surrogate pair that its copies have in one piece. Copies come from the same
/// upstream as the text, so it need only tell apart what differs by itself.
struct TextCopy: Sendable {
    private var digest = UnitDigest()
    /// How many units stand before the frame.
    private var unitsBefore = 0

    /// Adds a piece, the inside of a JSON string.
    mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var cursor = TextCursor(range, escapes: true)
        while let unit = cursor.next(in: bytes) { digest.append(unit.scalar) }
    }

    /// The whole text, with the place of a frame before its last scalars, all of them white space and so of one unit.
    func ending(before count: Int) -> TextCopy {
        var copy = self
        copy.unitsBefore = digest.count - count
        return copy
    }

    /// Where the frame stands in a copy, the inside of a JSON string; `nil` where the text is another one.
    ///
    /// - Complexity: O(n); allocates nothing.
    func place(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var cursor = TextCursor(range, escapes: true)
        var copy = UnitDigest()
        var place = unitsBefore == 0 ? range.lowerBound : nil
        while copy.count <= digest.count, let unit = cursor.next(in: bytes) {
            copy.append(unit.scalar)
            if copy.count == unitsBefore { place = unit.end }
        }
        return copy == digest ? place : nil
    }
}

/// How many units of UTF-16 a text has, and the value of the polynomial that they are the coefficients of, modulo a prime.
private struct UnitDigest: Sendable, Equatable {
    private(set) var count = 0
    private var value: UInt64 = 0

    private static let prime: UInt64 = 1 << 61 - 1
    /// Any large number below the prime.
    private static let base: UInt64 = 0x12D1_98F0_5A3C_7B65

    mutating func append(_ scalar: UInt32) {
        if scalar >= 0x10000 {
            append(unit: 0xD800 + (scalar - 0x10000) >> 10)
            append(unit: 0xDC00 + (scalar - 0x10000) & 0x3FF)
        } else {
            append(unit: scalar)
        }
    }

    private mutating func append(unit: UInt32) {
        count += 1
        let (high, low) = value.multipliedFullWidth(by: Self.base)
        // 2^61 is 1 modulo the prime. Both factors are below it, so that neither part has 62 bits, nor the sum 63.
        let sum = low & Self.prime + (high << 3 | low >> 61) + UInt64(unit)
        value = sum & Self.prime + sum >> 61
        if value >= Self.prime { value -= Self.prime }
    }
}
