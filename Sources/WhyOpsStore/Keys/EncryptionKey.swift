import Crypto
import FoundationEssentials

/// The operator's key under which secrets lie in the store, AES-256-GCM with a random nonce.
package struct EncryptionKey: Sendable {
    private let key: SymmetricKey

    /// Accepts 32 bytes as Base64 or as 64 hexadecimal digits.
    package init?(_ text: String) {
        if text.utf8.count == 64, let bytes = Self.bytes(hexadecimal: text) {
            key = SymmetricKey(data: bytes)
        } else if let bytes = Data(base64Encoded: text), bytes.count == 32 {
            key = SymmetricKey(data: bytes)
        } else {
            return nil
        }
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

    /// The secret; `nil` where another key sealed it, or for another place.
    func open(_ sealed: [UInt8], place: String) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let secret = try? AES.GCM.open(box, using: key, authenticating: Data(place.utf8))
        else { return nil }
        return Array(secret)
    }
}
