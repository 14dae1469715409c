import WhyOps

/// The key that a request came with, which must go no further than here (PRX-6).
struct PresentedKey {
    private let bytes: [UInt8]

    /// - Returns: `nil` where the request came without one.
    init?(_ headers: HeaderFields) {
        guard let key = headers.key else { return nil }
        bytes = Array(key.utf8)
    }

    /// Whether it stands in a text, as it is or percent-encoded.
    ///
    /// By bytes: a character that joins its last letter would hide it from a search by characters.
    /// - Complexity: O(1) where the text is shorter than the key, else O(n).
    func occurs(in text: String) -> Bool {
        if text.utf8.count < bytes.count { return false }
        if text.utf8.contains(bytes) { return true }
        return text.utf8.contains(UInt8(ascii: "%")) && Self.decoded(text).contains(bytes)
    }

    /// A query without the parameters that hold it; `nil` where nothing is left.
    func removed(from query: String) -> String? {
        guard occurs(in: query) else { return query }
        let parts = query.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        let left = parts.map { String(decoding: $0, as: UTF8.self) }.filter { !occurs(in: $0) }.joined(separator: "&")
        // A key that has an ampersand of its own stands in several parameters.
        return left.isEmpty || occurs(in: left) ? nil : left
    }

    private static func decoded(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first?.hexDigitValue,
                let low = rest.dropFirst().first?.hexDigitValue
            {
                rest = rest.dropFirst(2)
                result.append(high << 4 | low)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
