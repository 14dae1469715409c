/// A key that signs and verifies version 2 signatures (SIG-40).
public struct SigningKey: Sendable {
    /// The number of bytes of a key.
    public static let byteCount = 32

    /// The key's number, 0 to 15, which every frame names.
    public let id: UInt8

    /// The code of a message that begins with what tells these tags from other uses of a key.
    private let start: HMACSHA256.Message

    /// The code of a message that begins with what tells keys of lineage from other uses of a key (TRC-38).
    let lineage: HMACSHA256.Message

    /// A key; `nil` for a number above 15 or another count of bytes than 32.
    ///
    /// The bytes are not kept, only what the code makes of them.
    public init?(id: UInt8, bytes: [UInt8]) {
        guard id < 16, bytes.count == Self.byteCount else { return nil }
        self.id = id
        let code = HMACSHA256(key: bytes)
        var signature = code.message
        for byte in "whyops-signature-v2\u{0}".utf8 { signature.update(byte: byte) }
        self.start = signature
        var lineage = code.message
        for byte in "whyops-lineage-v1\u{0}".utf8 { lineage.update(byte: byte) }
        self.lineage = lineage
    }

    /// The tag of a frame whose bytes up to the tag are given (SIG-17): eight bytes as one number.
    func tag(of bytes: some Sequence<UInt8>) -> UInt64 {
        var message = start
        for byte in bytes { message.update(byte: byte) }
        let words = message.finishWords()
        return UInt64(words[0]) << 32 | UInt64(words[1])
    }
}

/// The keys of one environment: the first signs, and all of them verify (SIG-40, SIG-41).
public struct SigningKeys: Sendable {
    private let keys: [SigningKey]

    /// A set of 1 to 16 keys with different numbers; `nil` for anything else.
    public init?(_ keys: [SigningKey]) {
        guard (1...16).contains(keys.count) else { return nil }
        var seen: UInt16 = 0
        for key in keys {
            guard seen & 1 << UInt16(key.id) == 0 else { return nil }
            seen |= 1 << UInt16(key.id)
        }
        self.keys = keys
    }

    /// The key that signs.
    public var active: SigningKey { keys[0] }  // A set is never empty.

    /// All of them, the one that signs first.
    var all: [SigningKey] { keys }

    /// The key with a number.
    subscript(id: UInt8) -> SigningKey? { keys.first { $0.id == id } }
}
