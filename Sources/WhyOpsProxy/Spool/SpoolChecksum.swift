/// A sum over bytes that tells whether they are the ones that were written: 64 bits, at the speed of memory.
///
/// Each step maps a lane one to one for a given word and a word one to one for a given lane, so bytes that differ inside
/// one word of eight always give another sum, and other differences do but for one case in 2^64.
/// It says nothing about who wrote them.
enum SpoolChecksum {
    /// - Complexity: O(n); allocates nothing.
    static func of(_ bytes: RawSpan) -> UInt64 {
        var first = multiplier
        var second = multiplier &+ 1
        var third = multiplier &+ 2
        var fourth = multiplier &+ 3
        var offset = 0
        let count = bytes.byteCount
        // Four lanes, so that the processor need not wait for one product before it begins the next.
        while count - offset >= 32 {
            first = step(first, word(bytes, offset))
            second = step(second, word(bytes, offset + 8))
            third = step(third, word(bytes, offset + 16))
            fourth = step(fourth, word(bytes, offset + 24))
            offset += 32
        }
        while count - offset >= 8 {
            first = step(first, word(bytes, offset))
            offset += 8
        }
        var last: UInt64 = 0
        while offset < count {
            last = last << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            offset += 1
        }
        first = step(first, last)
        // A step between the lanes, so that what differs in two of them does not cancel out.
        return step(step(step(step(step(first, UInt64(count)), second), third), fourth), 0)
    }

    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inline(__always)
    private static func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let product = (lane ^ word) &* multiplier
        return product ^ product >> 29
    }

    @inline(__always)
    private static func word(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
        // Whoever calls has seen that eight bytes follow; every pattern of bits is a number.
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
