import Testing
import WhyOps

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
