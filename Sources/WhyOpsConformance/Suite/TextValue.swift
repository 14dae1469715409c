/// A text of a vector file: a string, or a recipe for one (`Conformance/README.md`).
public enum TextValue {
    /// The bytes of the text; `nil` for null and for what is no text.
    public static func bytes(_ value: JSON?) -> [UInt8]? {
        switch value {
        case .string(let bytes): return bytes
        case .object: break
        default: return nil
        }
        if let hex = value?["hex"]?.bytes { return hexBytes(hex) }
        if let inside = escaped(value) { return JSON([0x22] + inside + [0x22])?.bytes }
        if let piece = bytes(value?["repeat"]), let times = value?["times"]?.integer {
            return ByteText.joined(Array(repeating: piece, count: times))
        }
        if let parts = value?["concat"]?.array, !parts.isEmpty {
            return parts.reduce(into: []) { $0 += bytes($1) ?? [] }
        }
        if let recipe = value?["recipe"] { return TextRecipe.make(recipe) }
        if let whole = bytes(value?["cut"]), let ranges = value?["ranges"]?.array { return cut(whole, ranges) }
        return nil
    }

    /// The inside of a JSON string, where the text is given so.
    public static func escaped(_ value: JSON?) -> [UInt8]? { value?["escaped"]?.bytes }

    /// A text in a form that testees know: a string, else `hex`.
    package static func spelt(_ bytes: [UInt8]) -> JSON {
        let isText = String(validating: bytes, as: UTF8.self) != nil
        return isText ? .string(bytes) : .object([.init("hex", .text(hex(bytes)))])
    }

    /// A text as a testee gets it: what is not one of the three simple forms is written out.
    static func sent(_ value: JSON) -> JSON {
        guard case .object = value, value["hex"] == nil, escaped(value) == nil, let bytes = bytes(value) else {
            return value
        }
        return spelt(bytes)
    }

    /// Bytes as lower-case hexadecimal digits.
    package static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of pairs of hexadecimal digits; `nil` where they are none.
    package static func hexBytes(_ digits: [UInt8]) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    private static func cut(_ text: [UInt8], _ ranges: [JSON]) -> [UInt8]? {
        var result: [UInt8] = []
        var offset = 0
        for range in ranges.map(\.array) {
            guard let start = range.first?.integer, let length = range.last?.integer, start >= offset, length >= 0,
                start + length <= text.count
            else { return nil }
            result += text[offset..<start]
            offset = start + length
        }
        return result + text[offset...]
    }
}
