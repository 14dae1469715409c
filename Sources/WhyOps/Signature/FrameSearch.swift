/// Finds where a frame may start, so that the reader need not look at the rest of a text.
struct FrameSearch {
    /// Whether the text stands between the quotes of a JSON string.
    let escapes: Bool
    /// Whether frames without their first character count too (SIG-42), so that runs of selectors matter.
    let selectors: Bool

    /// The first place from an offset on where the reader has to look while it has nothing pending; `end` where
    /// there is none. What lies before it holds no start of a frame, no surrogate and, where they matter, no selector.
    ///
    /// - Complexity: O(n); doesn't allocate.
    func start(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        precondition(start >= 0 && end <= bytes.count)
        var offset = start
        while true {
            offset = block(bytes, from: offset, end: end)
            while offset < end {
                switch bytes[offset] {
                case 0xE2:
                    if Self.isStart(bytes, offset, end: end) { return offset }
                case UInt8(ascii: "\\") where escapes:
                    let length = Self.lengthOfIdleEscape(bytes, offset, end: end)
                    if length == 0 { return offset }
                    offset += length
                    continue
                case 0xEF where selectors, 0xF3 where selectors: return offset
                default: break
                }
                offset += 1
                if offset <= end - Self.reach { break }
            }
            if offset >= end { return end }
        }
    }

    /// How many bytes a block of places looks at: the last one needs the two behind it.
    private static let reach = ByteBlock.count + 2

    /// The next place that may matter, or the first from which fewer bytes are left than a block looks at.
    @inline(__always)
    private func block(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        let last = end &- Self.reach
        var offset = escapes || selectors ? start : Self.skip(bytes, from: start, end: end)
        while offset <= last {
            // 0 <= offset and offset + 18 <= end, which the caller has compared with the count of the bytes.
            let first = unsafe ByteBlock(unsafely: bytes, at: offset)
            var places = Self.starts(bytes, at: offset)
            if escapes { places = places | first.equals(UInt8(ascii: "\\")) }
            if selectors {
                let second = unsafe ByteBlock(unsafely: bytes, at: offset &+ 1)
                places = places | (first.equals(0xEF) & second.equals(0xB8)) | first.equals(0xF3)
            }
            if !places.isEmpty { return offset &+ places.first }
            offset &+= ByteBlock.count
        }
        return offset
    }

    /// Goes over plain text four blocks at a time to the four that may hold U+200B or U+2060.
    private static func skip(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        let last = end &- 4 &* ByteBlock.count &- 2
        var offset = start
        while offset <= last {
            let places =
                starts(bytes, at: offset) | starts(bytes, at: offset &+ ByteBlock.count)
                | starts(bytes, at: offset &+ 2 &* ByteBlock.count) | starts(bytes, at: offset &+ 3 &* ByteBlock.count)
            guard places.isEmpty else { return offset }
            offset &+= 4 &* ByteBlock.count
        }
        return offset
    }

    /// Where in a block the first and third byte are those of U+200B or U+2060.
    ///
    /// The caller has checked that 18 bytes stand there.
    @inline(__always)
    private static func starts(_ bytes: Span<UInt8>, at offset: Int) -> ByteBlock.Places {
        let first = unsafe ByteBlock(unsafely: bytes, at: offset)
        let third = unsafe ByteBlock(unsafely: bytes, at: offset &+ 2)
        return first.equals(0xE2) & (third.equals(0x8B) | third.equals(0xA0))
    }

    /// Whether U+200B or U+2060 stands there in UTF-8.
    private static func isStart(_ bytes: Span<UInt8>, _ offset: Int, end: Int) -> Bool {
        guard offset <= end - 3 else { return false }
        return bytes[offset + 1] == 0x80 && bytes[offset + 2] == 0x8B
            || bytes[offset + 1] == 0x81 && bytes[offset + 2] == 0xA0
    }

    /// The length of an escape that means nothing to a reader with nothing pending; 0 for any other.
    private static func lengthOfIdleEscape(_ bytes: Span<UInt8>, _ offset: Int, end: Int) -> Int {
        guard offset <= end - 2 else { return 0 }
        if bytes[offset + 1] != UInt8(ascii: "u") { return 2 }
        guard offset <= end - 6 else { return 0 }
        // U+20xx is where frames start, U+Dxxx holds surrogates, U+FExx selectors.
        switch (bytes[offset + 2] | 0x20, bytes[offset + 3] | 0x20) {
        case (UInt8(ascii: "2"), UInt8(ascii: "0")), (UInt8(ascii: "d"), _), (UInt8(ascii: "f"), UInt8(ascii: "e")):
            return 0
        default: return 6
        }
    }
}
