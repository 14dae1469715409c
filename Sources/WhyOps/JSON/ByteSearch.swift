// Finding bytes eight at a time. A word's byte is tested by a borrow that reaches its top bit; borrows travel upwards
// only, so the lowest byte found is always right, and with it the place.

enum ByteSearch {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The first byte from an offset on that ends a run of plain text inside a JSON string: a quote, a backslash, a
    /// control character or a byte of 0x80 or above; `end` where there is none.
    static func endOfPlainText(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        var offset = start
        while offset + 8 <= end {
            let word = load(bytes, offset)
            let found =
                (word | matches(word, 0x22) | matches(word, 0x5C) | ((word &- ones &* 0x20) & ~word)) & tops
            if found != 0 { return offset + found.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < end {
            let byte = bytes[offset]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { return offset }
            offset += 1
        }
        return end
    }

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

    /// The first byte from an offset on that may begin a frame, raw or in an escape: 0xE2 or a backslash.
    static func startOfFrame(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        var offset = start
        while offset + 8 <= end {
            let word = load(bytes, offset)
            let found = (matches(word, 0xE2) | matches(word, 0x5C)) & tops
            if found != 0 { return offset + found.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < end, bytes[offset] != 0xE2, bytes[offset] != 0x5C { offset += 1 }
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
