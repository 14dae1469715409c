// Finding bytes eight at a time. A word's byte is tested by a borrow that reaches its top bit; borrows travel upwards
// only, so the lowest byte found is always right, and with it the place.

enum ByteSearch {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The first carriage return or line feed from an offset on; `end` where there is none.
    static func endOfLine(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        var offset = start
        while offset + 8 <= end {
            let word = load(bytes, offset)
            let found = (matches(word, 0x0A) | matches(word, 0x0D)) & tops
            if found != 0 { return offset + found.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < end, bytes[offset] != 0x0A, bytes[offset] != 0x0D { offset += 1 }
        return offset
    }

    /// The first backslash from an offset on; `end` where there is none.
    static func backslash(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        var offset = start
        while offset + 8 <= end {
            let found = matches(load(bytes, offset), 0x5C) & tops
            if found != 0 { return offset + found.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < end, bytes[offset] != 0x5C { offset += 1 }
        return offset
    }

    /// Top bits set from the lowest byte on that equals the wanted one.
    private static func matches(_ word: UInt64, _ wanted: UInt8) -> UInt64 {
        let difference = word ^ (ones &* UInt64(wanted))
        return (difference &- ones) & ~difference
    }

    private static func load(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
        // Every caller has checked that `offset + 8` is within the bytes.
        unsafe UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
