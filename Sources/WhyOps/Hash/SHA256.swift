/// SHA-256 (FIPS 180-4) in the standard library alone.
public struct SHA256: Sendable {
    private var state: [8 of UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var block = [64 of UInt8](repeating: 0)
    private var blockCount = 0
    private var byteCount: UInt64 = 0

    /// Starts a digest of nothing.
    public init() {}

    /// The digest of some bytes.
    ///
    /// - Complexity: O(n).
    public static func digest(of bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// The digest as 64 lower-case hexadecimal digits.
    public static func hex(of bytes: [UInt8]) -> String {
        hex(words(of: bytes), count: 32)
    }

    /// The digest of some bytes as eight numbers, most significant byte first.
    static func words(of bytes: [UInt8]) -> [8 of UInt32] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finishWords()
    }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) {
        update(bytes.span)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) {
        byteCount &+= UInt64(bytes.count)
        var offset = 0
        while offset < bytes.count {
            if blockCount == 0, offset <= bytes.count - 64 {
                compress(Self.words(bytes, at: offset))
                offset += 64
            } else {
                offset += fill(from: bytes, at: offset)
            }
        }
    }

    /// Fills the block up, or as far as there are bytes; says how many it took.
    private mutating func fill(from bytes: Span<UInt8>, at offset: Int) -> Int {
        let count = min(64 - blockCount, bytes.count - offset)
        let place = blockCount
        // All at once: most of what is read begins in the middle of a block.
        var target = block.mutableSpan
        unsafe target.withUnsafeMutableBytes { target in
            unsafe bytes.extracting(offset..<offset + count).withUnsafeBytes { source in
                // The slice checks its bounds, and has as many bytes as the source.
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[place..<place + count]).copyMemory(from: source)
            }
        }
        blockCount += count
        if blockCount == 64 {
            blockCount = 0
            compress(Self.words(block.span, at: 0))
        }
        return count
    }

    /// The 32 bytes of the digest of all that was added.
    public consuming func finish() -> [UInt8] {
        let bytes = Self.bytes(of: finishWords())
        // The array is a copy, made while the bytes are there.
        return unsafe bytes.span.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// Numbers as bytes, most significant byte first.
    static func bytes(of words: [8 of UInt32]) -> [32 of UInt8] {
        [32 of UInt8] { UInt8(truncatingIfNeeded: words[$0 >> 2] >> UInt32(24 - 8 * ($0 & 3))) }
    }

    /// Adds the bytes of a digest.
    mutating func update(digest words: [8 of UInt32]) {
        let bytes = Self.bytes(of: words)
        update(bytes.span)
    }

    /// The first so many bytes of a digest as lower-case hexadecimal digits.
    static func hex(_ words: [8 of UInt32], count: Int) -> String {
        // A text has room for all of its digits, and each place is below their number.
        unsafe String(unsafeUninitializedCapacity: 2 * count) { text in
            for place in 0..<2 * count {
                let digit = words[place >> 3] >> UInt32(28 - 4 * (place & 7))
                unsafe text.initializeElement(at: place, to: UInt8(truncatingIfNeeded: digit & 15).hexDigit)
            }
            return 2 * count
        }
    }

    /// The digest as eight numbers, most significant byte first.
    consuming func finishWords() -> [8 of UInt32] {
        let bitCount = byteCount &* 8
        append(0x80)
        if blockCount > 56 {
            for index in blockCount..<64 { block[index] = 0 }
            compress(Self.words(block.span, at: 0))
            blockCount = 0
        }
        for index in blockCount..<56 { block[index] = 0 }
        for index in 0..<8 { block[56 + index] = UInt8(truncatingIfNeeded: bitCount >> UInt64(56 - 8 * index)) }
        compress(Self.words(block.span, at: 0))
        return state
    }

    /// Adds one byte that counts as part of the text.
    mutating func update(byte: UInt8) {
        byteCount &+= 1
        append(byte)
    }

    private mutating func append(_ byte: UInt8) {
        block[blockCount] = byte
        blockCount += 1
        guard blockCount == 64 else { return }
        blockCount = 0
        compress(Self.words(block.span, at: 0))
    }

    /// Sixty-four bytes as sixteen numbers, most significant byte first.
    @inline(__always)
    private static func words(_ bytes: Span<UInt8>, at offset: Int) -> [16 of UInt32] {
        [16 of UInt32] { index -> UInt32 in
            // The load checks its bounds, and any four bytes are a number.
            let place = offset + 4 * index
            return unsafe UInt32(bigEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self))
        }
    }

    /// FIPS 180-4 § 6.2.2; all sums are modulo 2^32, which is what `&+` gives. Of the schedule only the sixteen numbers
    /// that the next ones are made of are kept.
    ///
    /// Sixteen rounds are written out, so that each number has a place that is known when this is compiled.
    private mutating func compress(_ words: [16 of UInt32]) {
        var words = words
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        var start = 0
        while true {
            Self.round(a, b, c, &d, e, f, g, &h, words[0] &+ Self.constants[start | 0])
            Self.round(h, a, b, &c, d, e, f, &g, words[1] &+ Self.constants[start | 1])
            Self.round(g, h, a, &b, c, d, e, &f, words[2] &+ Self.constants[start | 2])
            Self.round(f, g, h, &a, b, c, d, &e, words[3] &+ Self.constants[start | 3])
            Self.round(e, f, g, &h, a, b, c, &d, words[4] &+ Self.constants[start | 4])
            Self.round(d, e, f, &g, h, a, b, &c, words[5] &+ Self.constants[start | 5])
            Self.round(c, d, e, &f, g, h, a, &b, words[6] &+ Self.constants[start | 6])
            Self.round(b, c, d, &e, f, g, h, &a, words[7] &+ Self.constants[start | 7])
            Self.round(a, b, c, &d, e, f, g, &h, words[8] &+ Self.constants[start | 8])
            Self.round(h, a, b, &c, d, e, f, &g, words[9] &+ Self.constants[start | 9])
            Self.round(g, h, a, &b, c, d, e, &f, words[10] &+ Self.constants[start | 10])
            Self.round(f, g, h, &a, b, c, d, &e, words[11] &+ Self.constants[start | 11])
            Self.round(e, f, g, &h, a, b, c, &d, words[12] &+ Self.constants[start | 12])
            Self.round(d, e, f, &g, h, a, b, &c, words[13] &+ Self.constants[start | 13])
            Self.round(c, d, e, &f, g, h, a, &b, words[14] &+ Self.constants[start | 14])
            Self.round(b, c, d, &e, f, g, h, &a, words[15] &+ Self.constants[start | 15])
            if start == 48 { break }
            start = (start &+ 16) & 48
            Self.extend(&words, 0)
            Self.extend(&words, 1)
            Self.extend(&words, 2)
            Self.extend(&words, 3)
            Self.extend(&words, 4)
            Self.extend(&words, 5)
            Self.extend(&words, 6)
            Self.extend(&words, 7)
            Self.extend(&words, 8)
            Self.extend(&words, 9)
            Self.extend(&words, 10)
            Self.extend(&words, 11)
            Self.extend(&words, 12)
            Self.extend(&words, 13)
            Self.extend(&words, 14)
            Self.extend(&words, 15)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    /// Puts the number of the schedule sixteen places on in the place of one.
    @inline(__always)
    private static func extend(_ words: inout [16 of UInt32], _ place: Int) {
        let first = words[(place &+ 1) & 15]
        let second = words[(place &+ 14) & 15]
        let sigma0 = rotate(first, 7) ^ rotate(first, 18) ^ first >> 3
        let sigma1 = rotate(second, 17) ^ rotate(second, 19) ^ second >> 10
        words[place] = words[place] &+ sigma0 &+ words[(place &+ 9) & 15] &+ sigma1
    }

    @inline(__always)
    private static func round(
        _ a: UInt32,
        _ b: UInt32,
        _ c: UInt32,
        _ d: inout UInt32,
        _ e: UInt32,
        _ f: UInt32,
        _ g: UInt32,
        _ h: inout UInt32,
        _ word: UInt32
    ) {
        let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let choice = g ^ e & (f ^ g)
        let first = h &+ sum1 &+ choice &+ word
        let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        let majority = a & b | c & (a | b)
        d &+= first
        h = first &+ sum0 &+ majority
    }

    @inline(__always)
    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value >> count | value << (32 - count)
    }

    private static let constants: [64 of UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
