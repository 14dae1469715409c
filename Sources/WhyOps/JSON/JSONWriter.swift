/// Writes compact JSON, escaping as little as RFC 8259 allows.
///
/// Commas and colons come by themselves; the caller opens, names and closes in the right order.
public struct JSONWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An empty writer.
    public init() {}

    /// An empty writer with room for so many bytes.
    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Writes an object whose members `body` writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        container(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// Writes an array whose items `body` writes.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        container(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    private mutating func container(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    /// Writes a member's name; its value has to follow.
    public mutating func name(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string.
    public mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        escape(text.utf8.span)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a string whose text is given as UTF-8.
    public mutating func string(utf8 text: [UInt8]) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        escape(text.span)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a string that begins with an ASCII text of its own, which needs no escapes.
    mutating func string(_ start: StaticString, _ rest: Span<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        start.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        escape(rest)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ text: Span<UInt8>) {
        // Most texts are long runs of bytes that stand for themselves.
        var start = 0
        for place in text.indices where !text[place].standsForItself {
            bytes.append(text, start..<place)
            bytes.appendEscaped(text[place])
            start = place + 1
        }
        bytes.append(text, start..<text.count)
    }

    /// Writes an integer.
    public mutating func integer(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Writes `true` or `false`.
    public mutating func boolean(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes `null`.
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes a value that is JSON text already; number spelling and member order stay as they are.
    public mutating func raw(_ json: [UInt8]) {
        guard !bytes.isEmpty else {
            // All there is so far: its storage will do.
            bytes = json
            needsComma = true
            return
        }
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a member with a string, or nothing where there is none.
    public mutating func member(_ name: String, _ text: String?) {
        guard let text else { return }
        self.name(name)
        string(text)
    }

    /// Writes a member with an integer, or nothing where there is none.
    public mutating func member(_ name: String, _ value: Int?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }

    /// Writes a member with a truth value.
    public mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        boolean(value)
    }

    /// Writes a member whose value is JSON text already, or nothing where there is none.
    public mutating func member(_ name: String, raw json: [UInt8]?) {
        guard let json else { return }
        self.name(name)
        raw(json)
    }
}

extension [UInt8] {
    /// Appends one byte of a UTF-8 text inside a JSON string, with ECMA-262's choice of escapes.
    mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            append(UInt8(ascii: "\\"))
            append(byte)
        case 0x08: append(contentsOf: [0x5C, UInt8(ascii: "b")])
        case 0x09: append(contentsOf: [0x5C, UInt8(ascii: "t")])
        case 0x0A: append(contentsOf: [0x5C, UInt8(ascii: "n")])
        case 0x0C: append(contentsOf: [0x5C, UInt8(ascii: "f")])
        case 0x0D: append(contentsOf: [0x5C, UInt8(ascii: "r")])
        case 0..<0x20:
            append(contentsOf: [0x5C, UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
            append(byte >> 4 + UInt8(ascii: "0"))
            append((byte & 15).hexDigit)
        default:
            append(byte)
        }
    }
}

extension UInt8 {
    /// Whether a JSON string may have the byte as it is.
    fileprivate var standsForItself: Bool {
        self >= 0x20 && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
    }

    /// The lower-case hexadecimal digit of a value below 16.
    package var hexDigit: UInt8 {
        self < 10 ? self + UInt8(ascii: "0") : self - 10 + UInt8(ascii: "a")
    }
}
