/// HMAC-SHA-256 (RFC 2104) under one key, whose two blocks are hashed once and for all.
struct HMACSHA256: Sendable {
    /// The digest that has read the key's inner block.
    private let inner: SHA256
    /// The digest that has read the key's outer block.
    private let outer: SHA256

    /// Prepares a key of any length.
    init(key: [UInt8]) {
        let key = key.count > 64 ? SHA256.digest(of: key) : key
        var inner = SHA256()
        var outer = SHA256()
        for index in 0..<64 {
            let byte = index < key.count ? key[index] : 0
            inner.update(byte: byte ^ 0x36)
            outer.update(byte: byte ^ 0x5C)
        }
        self.inner = inner
        self.outer = outer
    }

    /// A message that is read piece by piece.
    struct Message: Sendable {
        private var inner: SHA256
        private let outer: SHA256

        fileprivate init(inner: SHA256, outer: SHA256) {
            self.inner = inner
            self.outer = outer
        }

        /// Adds one byte.
        mutating func update(byte: UInt8) { inner.update(byte: byte) }

        /// The code as eight numbers, most significant byte first.
        consuming func finishWords() -> [8 of UInt32] {
            let digest = inner.finishWords()
            var outer = outer
            for index in 0..<8 {
                for shift in stride(from: UInt32(24), through: 0, by: -8) {
                    outer.update(byte: UInt8(truncatingIfNeeded: digest[index] >> shift))
                }
            }
            return outer.finishWords()
        }
    }

    /// An empty message.
    var message: Message { Message(inner: inner, outer: outer) }
}
