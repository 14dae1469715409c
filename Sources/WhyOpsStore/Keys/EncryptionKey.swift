import Crypto
import FoundationEssentials
import WhyOps

/// The operator's key under which secrets lie in the store, AES-256-GCM with a random nonce.
package struct EncryptionKey: Sendable {
    private let key: SymmetricKey
    /// Opens what the key does not, while secrets go from the one to the other (PRX-133).
    private var former: SymmetricKey?
    /// What tells it from others, and nothing of it: eight hexadecimal digits.
    package let id: String

    /// Accepts 32 bytes as Base64 or as 64 hexadecimal digits.
    package init?(_ text: String) {
        guard let key = Self.key(text) else { return nil }
        self.key = key
        let bytes = key.withUnsafeBytes { unsafe Array($0) }
        id = String(SHA256.hex(of: Array("whyops-encryption-key-id\u{0}".utf8) + bytes).prefix(8))
    }

    /// The same key, which opens what another one has sealed too.
    package func opening(_ former: EncryptionKey?) -> EncryptionKey {
        var key = self
        key.former = former?.key
        return key
    }

    private static func key(_ text: String) -> SymmetricKey? {
        if text.utf8.count == 64, let bytes = Self.bytes(hexadecimal: text) {
            return SymmetricKey(data: bytes)
        }
        guard let bytes = Data(base64Encoded: text), bytes.count == 32 else { return nil }
        return SymmetricKey(data: bytes)
    }

    private static func bytes(hexadecimal text: String) -> Data? {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count else { return nil }
        return Data(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }

    /// A secret that only this key opens, and only in its own place.
    ///
    /// - Parameter place: what the secret belongs to, so that a row that is copied elsewhere does not open.
    func seal(_ secret: [UInt8], place: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(secret, using: key, authenticating: Data(place.utf8))
        // A box with the standard nonce of 12 bytes has a combined form.
        guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
        return Array(combined)
    }

    /// The secret; `nil` where neither this key nor the former one sealed it, or for another place.
    func open(_ sealed: [UInt8], place: String) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed) else { return nil }
        for key in [key, former] {
            guard let key, let secret = try? AES.GCM.open(box, using: key, authenticating: Data(place.utf8)) else {
                continue
            }
            return Array(secret)
        }
        return nil
    }
}
