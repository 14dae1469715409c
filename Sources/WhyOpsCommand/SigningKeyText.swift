import FoundationEssentials
package import WhyOps

/// Signing keys as people give them: `ID:BASE64`, several with commas, the first of which signs.
package enum SigningKeyText {
    /// Reads keys.
    ///
    /// - Parameter place: what is said to hold them. The text itself is repeated nowhere.
    /// - Throws: `Settings.Fault`.
    package static func keys(_ text: String, in place: String) throws -> [SigningKey] {
        let keys = text.split(separator: ",", omittingEmptySubsequences: false).map { item -> SigningKey? in
            let parts = item.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let id = UInt8(parts[0]), let bytes = Data(base64Encoded: String(parts[1])) else {
                return nil
            }
            return SigningKey(id: id, bytes: Array(bytes))
        }
        let whole = keys.compactMap(\.self)
        guard whole.count == keys.count, SigningKeys(whole) != nil else {
            throw Settings.Fault(
                description: "\(place) must be ID:KEY, a number from 0 to 15 and 32 bytes as Base64; several, "
                    + "with different numbers, are separated by commas."
            )
        }
        return whole
    }
}
