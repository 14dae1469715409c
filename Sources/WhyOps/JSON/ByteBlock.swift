/// Sixteen bytes of a text, compared all at once.
struct ByteBlock {
    /// How many bytes a block has.
    static let count = 16

    private let lanes: SIMD16<UInt8>

    /// The bytes from an offset on.
    ///
    /// The caller has to have compared: `offset` is not negative, and `offset + 16` not above the count of the bytes.
    @unsafe
    @inline(__always)
    init(unsafely bytes: Span<UInt8>, at offset: Int) {
        // Any sixteen bytes are sixteen numbers.
        lanes = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// Where in a block something was found.
    struct Places {
        fileprivate let mask: SIMDMask<SIMD16<Int8>>

        /// The halves as numbers whose lowest byte stands for the first place.
        @inline(__always)
        private var words: SIMD2<UInt64> {
            // Both have sixteen bytes, and any bits are two numbers.
            unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        }

        /// Whether nothing was found.
        @inline(__always)
        var isEmpty: Bool {
            let words = words
            return words.x | words.y == 0
        }

        /// The first place; `ByteBlock.count` where nothing was found.
        @inline(__always)
        var first: Int {
            let words = words
            let low = UInt64(littleEndian: words.x)
            if low != 0 { return low.trailingZeroBitCount / 8 }
            return 8 + UInt64(littleEndian: words.y).trailingZeroBitCount / 8
        }

        /// The last place; something has to have been found.
        @inline(__always)
        var last: Int {
            let words = words
            let high = UInt64(littleEndian: words.y)
            if high != 0 { return 15 - high.leadingZeroBitCount / 8 }
            return 7 - UInt64(littleEndian: words.x).leadingZeroBitCount / 8
        }

        @inline(__always)
        static func | (left: Places, right: Places) -> Places { Places(mask: left.mask .| right.mask) }

        @inline(__always)
        static func & (left: Places, right: Places) -> Places { Places(mask: left.mask .& right.mask) }

        @inline(__always)
        static func ^ (left: Places, right: Places) -> Places { Places(mask: left.mask .^ right.mask) }
    }

    /// Where the bytes equal a number.
    @inline(__always)
    func equals(_ byte: UInt8) -> Places {
        Places(mask: lanes .== SIMD16(repeating: byte))
    }

    /// Where the bytes are at least a number.
    @inline(__always)
    func isAtLeast(_ byte: UInt8) -> Places {
        Places(mask: lanes .>= SIMD16(repeating: byte))
    }

    /// Where the bytes are below a number.
    @inline(__always)
    func isBelow(_ byte: UInt8) -> Places {
        Places(mask: lanes .< SIMD16(repeating: byte))
    }

    /// Where the bytes, read as signed numbers, are below a number: with a positive one that is those of 0x80 and above
    /// and those below it.
    @inline(__always)
    func isBelow(signed limit: Int8) -> Places {
        // Both have sixteen bytes, and any byte is a number of either kind.
        Places(mask: unsafe unsafeBitCast(lanes, to: SIMD16<Int8>.self) .< SIMD16(repeating: limit))
    }
}
