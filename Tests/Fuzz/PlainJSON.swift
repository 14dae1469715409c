/// A JSON value as the second reader gives it: recursive and slow, written from `spec/json.md` alone.
indirect enum PlainJSON: Equatable {
    struct Member: Equatable {
        var name: [UInt16]
        var value: PlainJSON
    }

    case object([Member])
    case array([PlainJSON])
    /// UTF-16 code units, so that half a surrogate pair has a place.
    case string([UInt16])
    /// A number, `true`, `false` or `null` as it is spelled.
    case word([UInt8])

    /// Reads a text; `nil` where it is not JSON or beyond the default limits.
    init?(_ text: [UInt8]) {
        var reader = PlainReader(bytes: text)
        guard case .success(let value) = reader.read() else { return nil }
        self = value
    }

    /// The value of a member, the last one of a repeated name.
    subscript(_ name: String) -> PlainJSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == Array(name.utf16) }?.value
    }

    var items: [PlainJSON] {
        if case .array(let items) = self { return items }
        return []
    }

    func isString(_ text: String) -> Bool { self == .string(Array(text.utf16)) }
}

/// Reads JSON by recursion and tells the fault that JSON-8 to JSON-13 ask for.
struct PlainReader {
    struct Fault: Error, Equatable {
        var code: String
        var offset: Int
    }

    let bytes: [UInt8]
    var depthLimit = 128
    var valueLimit = 1_000_000
    private var at = 0
    private var values = 0

    init(bytes: [UInt8], depthLimit: Int = 128, valueLimit: Int = 1_000_000) {
        self.bytes = bytes
        self.depthLimit = depthLimit
        self.valueLimit = valueLimit
    }

    mutating func read() -> Result<PlainJSON, Fault> {
        do throws(Fault) {
            let value = try value(depth: 0)
            skipSpace()
            if at < bytes.count { throw Fault(code: "json.trailing-bytes", offset: at) }
            return .success(value)
        } catch {
            return .failure(error)
        }
    }

    private mutating func skipSpace() {
        while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
    }

    /// The next byte; at the end of the text the fault of JSON-8.
    private func peek() throws(Fault) -> UInt8 {
        if at == bytes.count { throw Fault(code: "json.unexpected-end", offset: at) }
        return bytes[at]
    }

    private func unexpected() -> Fault { Fault(code: "json.unexpected-byte", offset: at) }

    private mutating func count() throws(Fault) {
        if values >= valueLimit { throw Fault(code: "json.too-many-values", offset: at) }
        values += 1
    }

    private mutating func value(depth: Int) throws(Fault) -> PlainJSON {
        skipSpace()
        let byte = try peek()
        try count()
        if (byte == 0x5B || byte == 0x7B) && depth >= depthLimit { throw Fault(code: "json.too-deep", offset: at) }
        switch byte {
        case 0x7B: return .object(try members(depth: depth + 1))
        case 0x5B: return .array(try items(depth: depth + 1))
        case 0x22: return .string(try string())
        case 0x2D, 0x30...0x39: return .word(try number())
        case 0x74: return .word(try word("true"))
        case 0x66: return .word(try word("false"))
        case 0x6E: return .word(try word("null"))
        default: throw unexpected()
        }
    }

    private mutating func items(depth: Int) throws(Fault) -> [PlainJSON] {
        at += 1
        skipSpace()
        if try peek() == 0x5D {
            at += 1
            return []
        }
        var items: [PlainJSON] = []
        while true {
            items.append(try value(depth: depth))
            skipSpace()
            let byte = try peek()
            if byte != 0x2C && byte != 0x5D { throw unexpected() }
            at += 1
            if byte == 0x5D { return items }
        }
    }

    private mutating func members(depth: Int) throws(Fault) -> [PlainJSON.Member] {
        at += 1
        skipSpace()
        if try peek() == 0x7D {
            at += 1
            return []
        }
        var members: [PlainJSON.Member] = []
        while true {
            skipSpace()
            let byte = try peek()
            try count()
            if byte != 0x22 { throw unexpected() }
            let name = try string()
            skipSpace()
            if try peek() != 0x3A { throw unexpected() }
            at += 1
            members.append(PlainJSON.Member(name: name, value: try value(depth: depth)))
            skipSpace()
            let end = try peek()
            if end != 0x2C && end != 0x7D { throw unexpected() }
            at += 1
            if end == 0x7D { return members }
        }
    }

    private mutating func word(_ text: String) throws(Fault) -> [UInt8] {
        for wanted in text.utf8 {
            if try peek() != wanted { throw unexpected() }
            at += 1
        }
        return Array(text.utf8)
    }

    private mutating func number() throws(Fault) -> [UInt8] {
        let start = at
        if try peek() == 0x2D { at += 1 }
        if try digit() == 0x30 {
            if at < bytes.count, (0x30...0x39).contains(bytes[at]) {
                throw Fault(code: "json.invalid-number", offset: at)
            }
        } else {
            skipDigits()
        }
        if at < bytes.count, bytes[at] == 0x2E {
            at += 1
            _ = try digit()
            skipDigits()
        }
        if at < bytes.count, bytes[at] | 0x20 == 0x65 {
            at += 1
            if at < bytes.count, bytes[at] == 0x2B || bytes[at] == 0x2D { at += 1 }
            _ = try digit()
            skipDigits()
        }
        return Array(bytes[start..<at])
    }

    private mutating func digit() throws(Fault) -> UInt8 {
        let byte = try peek()
        if !(0x30...0x39).contains(byte) { throw Fault(code: "json.invalid-number", offset: at) }
        at += 1
        return byte
    }

    private mutating func skipDigits() {
        while at < bytes.count, (0x30...0x39).contains(bytes[at]) { at += 1 }
    }

    private mutating func string() throws(Fault) -> [UInt16] {
        at += 1
        var units: [UInt16] = []
        while true {
            let byte = try peek()
            switch byte {
            case 0x22:
                at += 1
                return units
            case 0..<0x20:
                throw Fault(code: "json.control-character", offset: at)
            case 0x5C:
                at += 1
                units.append(try escape())
            default:
                var rest = bytes[at...].makeIterator()
                var parser = Unicode.UTF8.ForwardParser()
                guard case .valid(let scalar) = parser.parseScalar(from: &rest) else {
                    throw Fault(code: "json.invalid-utf8", offset: at)
                }
                at += scalar.count
                units += Array(String(Unicode.UTF8.decode(scalar)).utf16)
            }
        }
    }

    private mutating func escape() throws(Fault) -> UInt16 {
        let byte = try peek()
        let plain: [UInt8: UInt16] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
        ]
        if let unit = plain[byte] {
            at += 1
            return unit
        }
        if byte != 0x75 { throw Fault(code: "json.invalid-escape", offset: at) }
        at += 1
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw Fault(code: "json.invalid-escape", offset: at)
            }
            unit = unit << 4 | UInt16(digit)
            at += 1
        }
        return unit
    }
}
