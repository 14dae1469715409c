/// Goes over the inside of a JSON string sixteen bytes at a time: well-formed UTF-8 with nothing in it that needs a look.
///
/// It only ever passes over bytes that are good. Whatever it stops at, be it a quote, an escape or a fault, is judged
/// byte by byte by the scanner, which alone knows what stands where.
struct TextSearch {
    /// Whether a byte of 0x80 or above was passed.
    private(set) var isWide = false
    /// Whether what was passed may hold the first scalar of a frame, U+200B, U+2060 or, where a frame lost its first
    /// scalar, U+E01D7.
    private(set) var mayHoldFrame = false

    /// The first byte from an offset on that is a quote, a backslash or a control character, or where good bytes end, or
    /// where fewer than sixteen are left. A character never starts before the place that is returned and ends behind it.
    ///
    /// - Complexity: O(n).
    @inline(__always)
    mutating func end(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        precondition(start >= 0 && end <= bytes.count)
        // Below zero where there are fewer bytes; it cannot overflow, and neither can an offset up to it plus sixteen.
        let last = end &- ByteBlock.count
        var offset = start
        var passed = 0
        while offset <= last {
            // 0 <= offset <= end - 16, and end is within the bytes.
            let stops = unsafe Self.stops(ByteBlock(unsafely: bytes, at: offset))
            if stops.isEmpty {
                offset &+= ByteBlock.count
                passed &+= 1
                // Text that has gone on for so long mostly goes on: an image, a script without escapes.
                if passed == 8 { offset = Self.skip(bytes, from: offset, end: end) }
                continue
            }
            offset &+= stops.first
            if bytes[offset] < 0x80 { return offset }
            let wide = passWide(bytes, from: offset, end: end)
            offset = wide.offset
            guard wide.isFollowed else { return offset }
        }
        return offset
    }

    /// Goes over plain ASCII text four blocks at a time to the four in which it ends.
    @inline(never)
    private static func skip(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        let last = end &- 4 &* ByteBlock.count
        var offset = start
        while offset <= last {
            // 0 <= offset <= end - 64, and the caller has checked that `end` is within the bytes.
            let first = unsafe ByteBlock(unsafely: bytes, at: offset)
            let second = unsafe ByteBlock(unsafely: bytes, at: offset &+ ByteBlock.count)
            let third = unsafe ByteBlock(unsafely: bytes, at: offset &+ 2 &* ByteBlock.count)
            let fourth = unsafe ByteBlock(unsafely: bytes, at: offset &+ 3 &* ByteBlock.count)
            guard (stops(first) | stops(second) | stops(third) | stops(fourth)).isEmpty else { return offset }
            offset &+= 4 &* ByteBlock.count
        }
        return offset
    }

    /// Where plain ASCII text ends: quotes, backslashes, control characters and what is no ASCII.
    @inline(__always)
    private static func stops(_ block: ByteBlock) -> ByteBlock.Places {
        block.equals(UInt8(ascii: "\"")) | block.equals(UInt8(ascii: "\\")) | block.isBelow(signed: 0x20)
    }

    /// Passes over text with bytes of 0x80 and above; whether plain ASCII text follows.
    @inline(never)
    private mutating func passWide(
        _ bytes: Span<UInt8>,
        from start: Int,
        end: Int
    ) -> (offset: Int, isFollowed: Bool) {
        isWide = true
        var offset = start
        // A string's first byte has the quote before it, but the loads below reach three bytes back.
        guard offset >= 3 else { return (offset, false) }
        while offset <= end - ByteBlock.count {
            // 3 <= offset <= end - 16, and the caller has checked that `end` is within the bytes.
            let block = unsafe ByteBlock(unsafely: bytes, at: offset)
            let first = unsafe ByteBlock(unsafely: bytes, at: offset &- 1)
            let second = unsafe ByteBlock(unsafely: bytes, at: offset &- 2)
            let third = unsafe ByteBlock(unsafely: bytes, at: offset &- 3)
            // Table 3-7 of the Unicode Standard: a byte goes on with a sequence exactly where one asks for it, ...
            var faults =
                block.isBelow(signed: -0x40) ^ (first.isAtLeast(0xC0) | second.isAtLeast(0xE0) | third.isAtLeast(0xF0))
            // ... no sequence starts with C0, C1 or F5 and above, ...
            faults = faults | block.equals(0xC0) | block.equals(0xC1) | block.isAtLeast(0xF5)
            // ... and the second byte keeps out long spellings, surrogates and what lies above U+10FFFF; most scripts have
            // none of the first bytes that ask for that.
            let strict = first.equals(0xE0) | first.equals(0xED) | first.isAtLeast(0xF0)
            if !strict.isEmpty {
                faults =
                    faults | (first.equals(0xE0) & block.isBelow(0xA0)) | (first.equals(0xED) & block.isAtLeast(0xA0))
                faults =
                    faults | (first.equals(0xF0) & block.isBelow(0x90)) | (first.equals(0xF4) & block.isAtLeast(0x90))
            }
            let stops = block.equals(UInt8(ascii: "\"")) | block.equals(UInt8(ascii: "\\")) | block.isBelow(0x20)
            let frames =
                (second.equals(0xE2) & (block.equals(0x8B) | block.equals(0xA0)))
                | (third.equals(0xF3) & block.equals(0x97))
            if !frames.isEmpty { mayHoldFrame = true }
            if (faults | stops).isEmpty {
                offset += ByteBlock.count
                if block.isBelow(signed: 0).isEmpty { return (offset, true) }
                continue
            }
            let stop = stops.first
            if stop < faults.first {
                return (offset + stop, false)
            }
            break
        }
        // Back to where the last character starts that is not known to be whole.
        if bytes[offset - 1] >= 0xC0 {
            offset -= 1
        } else if bytes[offset - 2] >= 0xE0 {
            offset -= 2
        } else if bytes[offset - 3] >= 0xF0 {
            offset -= 3
        }
        return (offset, false)
    }

    /// Takes note of a character that was read by itself.
    mutating func note(_ bytes: Span<UInt8>, _ start: Int, length: Int) {
        isWide = true
        if length == 3, bytes[start] == 0xE2 { mayHoldFrame = true }
        if length == 4, bytes[start] == 0xF3 { mayHoldFrame = true }
    }

    /// Takes note of a whole `\u` escape: U+20xx, or a surrogate of which U+E01D7 may consist.
    mutating func noteEscape(_ bytes: Span<UInt8>, _ start: Int) {
        switch (bytes[start + 2] | 0x20, bytes[start + 3] | 0x20) {
        case (UInt8(ascii: "2"), UInt8(ascii: "0")), (UInt8(ascii: "d"), _): mayHoldFrame = true
        default: break
        }
    }
}
