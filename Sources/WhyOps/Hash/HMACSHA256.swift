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

        /// Adds the bytes of a digest.
        mutating func update(digest: [8 of UInt32]) { inner.update(digest: digest) }

        /// Adds the bytes of a text.
        mutating func update(_ text: String) { inner.update(text.utf8.span) }

        /// The code as eight numbers, most significant byte first.
        consuming func finishWords() -> [8 of UInt32] {
            var outer = outer
            outer.update(digest: inner.finishWords())
            return outer.finishWords()
        }
    }

    /// An empty message.
    var message: Message { Message(inner: inner, outer: outer) }
}
