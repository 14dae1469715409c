/// Version 1 frames as they are almost always met: whole, in UTF-8, one scalar right after the other (SIG-1, SIG-3).
///
/// Twenty-four bytes spell one byte of the id: eight times E2 80 and then 8C for a one or 8D for a zero. They are three
/// numbers here, the first byte the lowest of the first.
enum FrameV1 {
    private static let markLength = 3
    private static let unitLength = 24

    /// The spelling of a byte of zeros.
    private static let zeros: (UInt64, UInt64, UInt64) = (
        0x80E2_8D80_E28D_80E2, 0xE28D_80E2_8D80_E28D, 0x8D80_E28D_80E2_8D80
    )
    /// The lowest bits of the bytes that are 8C or 8D.
    private static let bits: (UInt64, UInt64, UInt64) = (
        0x0000_0100_0001_0000, 0x0001_0000_0100_0001, 0x0100_0001_0000_0100
    )

    /// Appends the frame of an id; `false`, and nothing done, for one that a frame cannot carry (SIG-2).
    ///
    /// - Complexity: O(1) in the text; allocates only where the array has to grow.
    static func append(_ id: Span<UInt8>, to frame: inout [UInt8]) -> Bool {
        guard (1...TraceID.maximumLength).contains(id.count) else { return false }
        for index in 0..<id.count where !(0x21...0x7E).contains(id[index]) { return false }
        let length = 2 * markLength + unitLength * id.count
        frame.append(addingCapacity: length + overhang) { target in
            // Every store lies within what was asked for: a mark, a unit for each byte of the id, a mark, the overhang.
            unsafe target.withUnsafeMutableBufferPointer { buffer, count in
                let bytes = UnsafeMutableRawBufferPointer(buffer)
                unsafe bytes.storeBytes(of: UInt32(0x8B80E2).littleEndian, toByteOffset: count, as: UInt32.self)
                var place = count + markLength
                for index in 0..<id.count {
                    let byte = Int(id[index])
                    // Half a unit each, and four bytes more that the next store covers.
                    unsafe bytes.storeBytes(of: halves[byte >> 4], toByteOffset: place, as: SIMD16<UInt8>.self)
                    unsafe bytes.storeBytes(of: halves[byte & 15], toByteOffset: place + 12, as: SIMD16<UInt8>.self)
                    place += unitLength
                }
                unsafe bytes.storeBytes(of: UInt32(0x8E80E2).littleEndian, toByteOffset: place, as: UInt32.self)
                count += length
            }
        }
        return true
    }

    /// How many bytes the last store writes behind the frame.
    private static let overhang = 1

    /// The spellings of four bits, twelve bytes each.
    private static let halves: [16 of SIMD16<UInt8>] = [16 of SIMD16<UInt8>] { bits in
        var half = SIMD16<UInt8>(repeating: 0)
        for bit in 0..<4 {
            half[3 * bit] = 0xE2
            half[3 * bit + 1] = 0x80
            half[3 * bit + 2] = bits >> (3 - bit) & 1 == 1 ? 0x8C : 0x8D
        }
        return half
    }

    /// The twenty-four bytes at an offset as three numbers; they have to stand there.
    @inline(__always)
    private static func load(_ bytes: Span<UInt8>, _ offset: Int) -> (UInt64, UInt64, UInt64) {
        precondition(offset >= 0 && offset <= bytes.count - unitLength)
        let raw = unsafe bytes.bytes
        // All lie within the twenty-four bytes, and any eight bytes are a number.
        return (
            unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)),
            unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset &+ 8, as: UInt64.self)),
            unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset &+ 16, as: UInt64.self))
        )
    }

    /// Whether three numbers spell eight bits.
    @inline(__always)
    private static func isUnit(_ words: (UInt64, UInt64, UInt64)) -> Bool {
        let first = (words.0 | bits.0) ^ zeros.0
        let second = (words.1 | bits.1) ^ zeros.1
        let third = (words.2 | bits.2) ^ zeros.2
        return first | second | third == 0
    }

    /// The byte that is spelt at an offset; `nil` where none is. Twenty-four bytes have to stand there.
    @inline(__always)
    private static func unit(_ bytes: Span<UInt8>, at offset: Int) -> UInt8? {
        let words = load(bytes, offset)
        guard isUnit(words) else { return nil }
        let high = ~words.0 >> 9 & 0x80 | ~words.0 >> 34 & 0x40
        let middle = ~words.1 << 5 & 0x20 | ~words.1 >> 20 & 0x10 | ~words.1 >> 45 & 0x08
        let low = ~words.2 >> 6 & 0x04 | ~words.2 >> 31 & 0x02 | ~words.2 >> 56 & 0x01
        return UInt8(truncatingIfNeeded: high | middle | low)
    }

    /// The end of the frame that starts at an offset with U+200B or U+2060; `nil` where it is not whole or not in this
    /// form.
    ///
    /// - Complexity: O(1) in the text; doesn't allocate.
    static func end(_ bytes: Span<UInt8>, at start: Int, limit: Int) -> Int? {
        guard start <= limit - markLength, bytes[start + 2] == 0x8B else { return nil }
        var offset = start + markLength
        var count = 0
        while offset <= limit - unitLength, let byte = unit(bytes, at: offset) {
            guard (0x21...0x7E).contains(byte), count < TraceID.maximumLength else { return nil }
            count += 1
            offset += unitLength
        }
        guard count > 0, offset <= limit - markLength, bytes[offset] == 0xE2, bytes[offset + 1] == 0x80,
            bytes[offset + 2] == 0x8E
        else { return nil }
        return offset + markLength
    }

    /// The id of a frame that is one in this form but for its bytes, which have to be characters of an id.
    static func id(_ bytes: Span<UInt8>, in frame: Range<Int>) -> TraceID? {
        let count = (frame.count - 2 * markLength) / unitLength
        var isID = (1...TraceID.maximumLength).contains(count)
        guard isID else { return nil }
        let text = unsafe String(unsafeUninitializedCapacity: count) { characters in
            for index in 0..<count {
                let byte = unit(bytes, at: frame.lowerBound + markLength + unitLength * index) ?? 0
                if !(0x21...0x7E).contains(byte) { isID = false }
                unsafe characters[index] = byte
            }
            return isID ? count : 0
        }
        return TraceID(text)
    }
}

extension FrameV1 {
    /// The place of the last end mark, looked for from the end.
    ///
    /// - Complexity: O(n) in what stands behind it.
    static func lastEndMark(_ bytes: Span<UInt8>) -> Int? {
        var end = bytes.count
        let reach = ByteBlock.count + 2
        while end >= reach {
            // 0 <= end - 18, and end is within the bytes.
            let first = unsafe ByteBlock(unsafely: bytes, at: end &- reach)
            let second = unsafe ByteBlock(unsafely: bytes, at: end &- reach &+ 1)
            let third = unsafe ByteBlock(unsafely: bytes, at: end &- reach &+ 2)
            let marks = first.equals(0xE2) & second.equals(0x80) & third.equals(0x8E)
            if !marks.isEmpty { return end - reach + marks.last }
            end &-= ByteBlock.count
        }
        var mark = end - markLength
        while mark >= 0 {
            if bytes[mark] == 0xE2, bytes[mark + 1] == 0x80, bytes[mark + 2] == 0x8E { return mark }
            mark -= 1
        }
        return nil
    }

    /// The frame in this form whose end mark stands at an offset, if `id` accepts its bytes; `nil` where the mark ends
    /// something else.
    ///
    /// - Complexity: O(1) in the text.
    static func frame(_ bytes: Span<UInt8>, endingAt mark: Int) -> Range<Int>? {
        var start = mark
        let least = max(markLength, mark - unitLength * TraceID.maximumLength)
        while start - unitLength >= least, isUnit(load(bytes, start - unitLength)) { start -= unitLength }
        start -= markLength
        guard start >= 0, start < mark - markLength, bytes[start] == 0xE2, bytes[start + 1] == 0x80,
            bytes[start + 2] == 0x8B
        else { return nil }
        return start..<mark + markLength
    }
}
