import Testing

@testable import WhyOps

struct SigningKeyTests {
    private func key(_ id: UInt8, _ byte: UInt8 = 7, count: Int = 32) -> SigningKey? {
        SigningKey(id: id, bytes: [UInt8](repeating: byte, count: count))
    }

    @Test func onlyNumbersUpTo15AndKeysOf32BytesAreKeys() {
        #expect(key(15) != nil)
        #expect(key(16) == nil)
        #expect(key(0, count: 31) == nil)
        #expect(key(0, count: 33) == nil)
    }

    @Test func aSetHasOneTo16KeysOfDifferentNumbers() throws {
        #expect(SigningKeys([]) == nil)
        let first = try #require(key(3))
        let second = try #require(key(3, 8))
        #expect(SigningKeys([first, second]) == nil)
        let all = (0..<16).compactMap { key($0) }
        #expect(SigningKeys(all)?.active.id == 0)
        #expect(SigningKeys(all + [first]) == nil)
    }

    /// SIG-40: the new key signs, and what the old one signed is still read.
    @Test func rotation() throws {
        let old = try #require(key(1))
        let new = try #require(key(2, 9))
        let id = try #require(TraceID("6f1d2c9a-4b7e-4f0a-9c3d-2e8b5a7f1c04"))
        let signed = try #require(InvisibleSignature.encodeV2(id, with: old))
        let keys = try #require(SigningKeys([new, old]))
        #expect(keys.active.id == 2)
        #expect(InvisibleSignature.extract(from: signed.span, keys: keys) == id)
        #expect(InvisibleSignature.extract(from: signed.span, keys: SigningKeys([new])) == nil)
    }

    /// Frames that are right in all but the tag, which chance alone cannot hit (SIG-18).
    @Test func noFrameOfChanceIsBelieved() throws {
        let keys = try #require(SigningKeys((0..<16).compactMap { key($0, $0 + 1) }))
        var chance = Chance(seed: 0x51)
        var believed = 0
        for number in 0..<100_000 {
            // Magic, one of the keys, a UUID, a tag.
            var bytes: [UInt8] = [0xE7, UInt8(number % 16) << 4]
            for _ in 0..<24 { bytes.append(UInt8.random(in: .min ... .max, using: &chance)) }
            let frame = Self.frame(bytes)
            if number % 10_000 == 0 {
                // It is a whole frame: that it is stripped shows that nothing but its tag is wrong.
                #expect(InvisibleSignature.strip(frame) == [])
            }
            if InvisibleSignature.extract(from: frame.span, keys: keys) != nil { believed += 1 }
        }
        #expect(believed == 0)
    }

    /// 100 frames with each of their bits damaged: the id's and the flags' as well as the tag's (SIG-18).
    @Test func noBitOfAFrameMayChange() throws {
        let keys = try #require(SigningKeys((0..<16).compactMap { key($0, $0 + 1) }))
        var chance = Chance(seed: 0x52)
        var believed = 0
        for number in 0..<100 {
            let signing = try #require(key(UInt8(number % 16), UInt8(number % 16) + 1))
            let uuid = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
            var bytes: [UInt8] = [0xE7, UInt8(number % 16) << 4] + uuid
            let tag = signing.tag(of: bytes)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: tag >> shift)) }
            #expect(InvisibleSignature.extract(from: Self.frame(bytes).span, keys: keys)?.uuidBytes == uuid)
            for bit in 0..<bytes.count * 8 {
                var damaged = bytes
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                if InvisibleSignature.extract(from: Self.frame(damaged).span, keys: keys) != nil { believed += 1 }
            }
        }
        #expect(believed == 0)
    }

    /// The characters that stand for some bytes (SIG-15).
    private static func frame(_ bytes: [UInt8]) -> [UInt8] {
        var text = "\u{2060}"
        for byte in bytes {
            let scalar = byte < 16 ? 0xFE00 + UInt32(byte) : 0xE0100 + UInt32(byte) - 16
            if let scalar = Unicode.Scalar(scalar) { text.unicodeScalars.append(scalar) }
        }
        return Array(text.utf8)
    }

    /// The same numbers in every run.
    private struct Chance: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) {
            state = seed
        }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// A frame whose id stays right and whose tag is damaged in any single bit is not believed (SIG-18).
    @Test func noDamagedFrameIsBelieved() throws {
        let keys = try #require(key(4).flatMap { SigningKeys([$0]) })
        let id = try #require(TraceID("thread_9"))
        let frame = try #require(InvisibleSignature.encodeV2(id, with: keys.active))
        #expect(InvisibleSignature.extract(from: frame.span, keys: keys) == id)
        for place in frame.indices {
            for bit in 0..<8 {
                var damaged = frame
                damaged[place] ^= 1 << UInt8(bit)
                let read = InvisibleSignature.extract(from: damaged.span, keys: keys)
                // The first three bytes are its first character, without which it is a bare frame (SIG-42).
                #expect(read == nil || place < 3 && read == id)
            }
        }
    }
}
