extension JSON {
    /// How a value is written.
    package enum Style: Sendable {
        /// Without any space: what a testee gets.
        case compact
        /// A space after each comma and colon: the vector files.
        case spaced
    }

    /// The value as a text of ASCII characters without line ends; numbers as they are spelt.
    package func written(_ style: Style = .compact) -> [UInt8] {
        var text: [UInt8] = []
        write(to: &text, style)
        return text
    }

    private func write(to text: inout [UInt8], _ style: Style) {
        let comma: [UInt8] = style == .compact ? [0x2C] : [0x2C, 0x20]
        let colon: [UInt8] = style == .compact ? [0x3A] : [0x3A, 0x20]
        switch self {
        case .null: text += "null".utf8
        case .bool(let value): text += (value ? "true" : "false").utf8
        case .number(let spelling): text += spelling.utf8
        case .string(let bytes): Self.writeString(bytes, to: &text)
        case .array(let values):
            text.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { text += comma }
                value.write(to: &text, style)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text += comma }
                Self.writeString(member.name, to: &text)
                text += colon
                member.value.write(to: &text, style)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func writeString(_ bytes: [UInt8], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        var offset = 0
        while offset < bytes.count {
            // What needs no escape is copied in one piece: debug builds feel it.
            let start = offset
            while offset < bytes.count, isPlain(bytes[offset]) { offset += 1 }
            if offset > start {
                text.append(contentsOf: bytes[start..<offset])
                continue
            }
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 0x08: text += #"\b"#.utf8
            case 0x09: text += #"\t"#.utf8
            case 0x0A: text += #"\n"#.utf8
            case 0x0C: text += #"\f"#.utf8
            case 0x0D: text += #"\r"#.utf8
            default:
                let (scalar, length) = WTF8.scalar(in: bytes, at: offset)
                WTF8.writeEscapes(scalar, to: &text)
                offset += length
                continue
            }
            offset += 1
        }
        text.append(UInt8(ascii: "\""))
    }
}
