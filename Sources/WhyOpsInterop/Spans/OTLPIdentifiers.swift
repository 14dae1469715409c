import WhyOps

/// The ids that OTLP has for ours (IOP-2, IOP-3): the same always, so that what is sent twice is known for the same.
public enum OTLPIdentifiers {
    /// The 16 bytes of a trace.
    public static func trace(_ id: String) -> [UInt8] {
        if let bytes = uuid(id) ?? Hex.bytes(id, count: 16), bytes.contains(where: { $0 != 0 }) { return bytes }
        return some(Array("whyops-trace\0".utf8) + Array(id.utf8), count: 16)
    }

    /// The 8 bytes of a span.
    ///
    /// - Parameter number: of the operations that share the id, from 0.
    static func span(_ id: String, of trace: String, number: Int = 0) -> [UInt8] {
        if number == 0, let bytes = Hex.bytes(id, count: 8), bytes.contains(where: { $0 != 0 }) { return bytes }
        let ending = number == 0 ? "" : "\0\(number)"
        return some(Array((trace + id + ending).utf8), count: 8)
    }

    /// The 8 bytes of the span that holds all others of a trace. No id of a span has U+0000 (EVT-15).
    static func root(of trace: String) -> [UInt8] { some(Array((trace + "\0root").utf8), count: 8) }

    /// The first bytes of a hash, which are never all zero: that would be no id.
    private static func some(_ bytes: [UInt8], count: Int) -> [UInt8] {
        var id = Array(SHA256.digest(of: bytes).prefix(count))
        if id.allSatisfy({ $0 == 0 }) { id[count - 1] = 1 }
        return id
    }

    /// The bytes of a UUID.
    private static func uuid(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count == 36, [8, 13, 18, 23].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }) else { return nil }
        return Hex.bytes(String(decoding: bytes.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self), count: 16)
    }
}

/// Bytes as hexadecimal digits.
enum Hex {
    /// Lower-case digits.
    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append((byte >> 4).hexDigit)
            text.append((byte & 15).hexDigit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of exactly so many pairs of digits, in either case.
    static func bytes(_ text: String, count: Int) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 2 * count else { return nil }
        var bytes: [UInt8] = []
        for place in 0..<count {
            guard let high = digit(digits[2 * place]), let low = digit(digits[2 * place + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
