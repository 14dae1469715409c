/// A JSON value for checks, read by a reader of its own so that the library is not checked against itself.
///
/// Strings are bytes: UTF-8, where a surrogate without its partner takes three bytes of its own.
indirect enum JSON: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string([UInt8])
    case array([JSON])
    case object([(name: [UInt8], value: JSON)])

    /// The last member of that name.
    subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == Array(name.utf8) }?.value
    }

    var array: [JSON] {
        if case .array(let values) = self { return values }
        return []
    }

    var bytes: [UInt8]? {
        if case .string(let bytes) = self { return bytes }
        return nil
    }

    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    var integer: Int? {
        if case .number(let number) = self { return Int(number) }
        return nil
    }

    var bool: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    var isNull: Bool {
        if case .null = self { return true }
        return false
    }

    /// Reads a whole text; `nil` where it is not JSON.
    init?(_ bytes: [UInt8]) {
        var parser = JSONParser(bytes)
        guard let value = parser.document() else { return nil }
        self = value
    }
}

extension JSON: Equatable {
    /// The order of members does not count, and members that are null count as absent.
    static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let one), .bool(let other)): return one == other
        case (.number(let one), .number(let other)): return one == other
        case (.string(let one), .string(let other)): return one == other
        case (.array(let one), .array(let other)): return one == other
        case (.object(let one), .object(let other)):
            let names = Set(one.map(\.name) + other.map(\.name))
            return names.allSatisfy { name in
                let first = one.last { $0.name == name }?.value ?? .null
                let second = other.last { $0.name == name }?.value ?? .null
                return first == second
            }
        default: return false
        }
    }
}

/// A plain recursive reader.
private struct JSONParser {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() -> JSON? {
        guard let value = value() else { return nil }
        skipWhiteSpace()
        return offset == bytes.count ? value : nil
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipWhiteSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { offset += 1 }
    }

    private mutating func take(_ byte: Character) -> Bool {
        skipWhiteSpace()
        guard let value = byte.asciiValue, next == value else { return false }
        offset += 1
        return true
    }

    private mutating func value() -> JSON? {
        skipWhiteSpace()
        switch next {
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["): return array()
        case UInt8(ascii: "\""): return string().map { .string($0) }
        default: return word()
        }
    }

    private mutating func object() -> JSON? {
        offset += 1
        var members: [(name: [UInt8], value: JSON)] = []
        if take("}") { return .object(members) }
        repeat {
            skipWhiteSpace()
            guard next == UInt8(ascii: "\""), let name = string(), take(":"), let value = value() else { return nil }
            members.append((name, value))
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func array() -> JSON? {
        offset += 1
        var values: [JSON] = []
        if take("]") { return .array(values) }
        repeat {
            guard let value = value() else { return nil }
            values.append(value)
        } while take(",")
        return take("]") ? .array(values) : nil
    }

    private mutating func word() -> JSON? {
        let start = offset
        while let byte = next, !",]}: \t\r\n".utf8.contains(byte) { offset += 1 }
        let word = String(decoding: bytes[start..<offset], as: UTF8.self)
        switch word {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return Double(word).map { .number($0) }
        }
    }

    private mutating func string() -> [UInt8]? {
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"): guard escape(&text) else { return nil }
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(_ text: inout [UInt8]) -> Bool {
        guard let letter = next else { return false }
        offset += 1
        let plain: [UInt8: UInt8] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
        ]
        if let byte = plain[letter] {
            text.append(byte)
            return true
        }
        guard letter == UInt8(ascii: "u"), offset + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
        else { return false }
        offset += 4
        WTF8.append(unit, to: &text)
        return true
    }
}
