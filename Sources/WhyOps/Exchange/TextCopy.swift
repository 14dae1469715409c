/// The joined text of a stream's deltas, to recognise its copies however they are spelled.
///
/// It is kept as UTF-16, since a stream may cut a surrogate pair that its copies have in one piece.
struct TextCopy: Sendable {
    private var units: [UInt16] = []
    /// How many units stand before the frame.
    private var unitsBefore = 0

    /// Adds a piece, the inside of a JSON string.
    mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var cursor = TextCursor(range, escapes: true)
        while let unit = cursor.next(in: bytes) {
            if unit.scalar >= 0x10000 {
                units.append(UInt16(0xD800 + (unit.scalar - 0x10000) >> 10))
                units.append(UInt16(0xDC00 + (unit.scalar - 0x10000) & 0x3FF))
            } else {
                units.append(UInt16(unit.scalar))
            }
        }
    }

    /// The whole text, with the place of a frame before its last scalars, all of them white space and so of one unit.
    func ending(before count: Int) -> TextCopy {
        var copy = self
        copy.unitsBefore = units.count - count
        return copy
    }

    /// Where the frame stands in a copy, the inside of a JSON string; `nil` where the text is another one.
    ///
    /// - Complexity: O(n); allocates nothing.
    func place(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var cursor = TextCursor(range, escapes: true)
        var count = 0
        var place = unitsBefore == 0 ? range.lowerBound : nil
        while let unit = cursor.next(in: bytes) {
            if unit.scalar >= 0x10000 {
                guard count + 1 < units.count, units[count] == UInt16(0xD800 + (unit.scalar - 0x10000) >> 10),
                    units[count + 1] == UInt16(0xDC00 + (unit.scalar - 0x10000) & 0x3FF)
                else { return nil }
                count += 2
            } else {
                guard count < units.count, units[count] == UInt16(unit.scalar) else { return nil }
                count += 1
            }
            if count == unitsBefore { place = unit.end }
        }
        return count == units.count ? place : nil
    }
}
