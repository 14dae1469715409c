/// UTF-8 that can also hold surrogates without a partner, three bytes each.
package enum WTF8 {
    /// Adds a scalar or a surrogate; a low one joins a high one before it.
    static func append(_ scalar: UInt32, to text: inout [UInt8]) {
        if (0xDC00...0xDFFF).contains(scalar), let high = trailingHighSurrogate(text) {
            text.removeLast(3)
            append(0x10000 + (high - 0xD800) << 10 + (scalar - 0xDC00), to: &text)
            return
        }
        // Byte by byte, without arrays: this is where reading the suite takes its time.
        switch scalar {
        case 0..<0x80: text.append(UInt8(scalar))
        case 0x80..<0x800:
            text.append(UInt8(0xC0 | scalar >> 6))
            text.append(UInt8(0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            text.append(UInt8(0xE0 | scalar >> 12))
            text.append(UInt8(0x80 | (scalar >> 6) & 0x3F))
            text.append(UInt8(0x80 | scalar & 0x3F))
        default:
            text.append(UInt8(0xF0 | scalar >> 18))
            text.append(UInt8(0x80 | (scalar >> 12) & 0x3F))
            text.append(UInt8(0x80 | (scalar >> 6) & 0x3F))
            text.append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    /// Two texts one after the other; halves of a character that meet become one.
    static func join(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        guard second.count >= 3, second[0] == 0xED, second[1] >= 0xB0, trailingHighSurrogate(first) != nil else {
            return first + second
        }
        var joined = first
        append(0xD000 | UInt32(second[1] & 0x3F) << 6 | UInt32(second[2] & 0x3F), to: &joined)
        return joined + second[3...]
    }

    private static func trailingHighSurrogate(_ text: [UInt8]) -> UInt32? {
        let start = text.count - 3
        guard start >= 0, text[start] == 0xED, (0xA0...0xAF).contains(text[start + 1]) else { return nil }
        return 0xD000 | UInt32(text[start + 1] & 0x3F) << 6 | UInt32(text[start + 2] & 0x3F)
    }

    /// The scalar or surrogate at an offset and its length; a byte that begins none stands for U+FFFD.
    static func scalar(in text: [UInt8], at offset: Int) -> (scalar: UInt32, length: Int) {
        let byte = text[offset]
        let length = byte < 0x80 ? 1 : byte < 0xC0 ? 0 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF8 ? 4 : 0
        guard length > 0, offset + length <= text.count else { return (0xFFFD, 1) }
        if length == 1 { return (UInt32(byte), 1) }
        var scalar = UInt32(byte) & (0x7F >> UInt32(length))
        for place in 1..<length {
            guard text[offset + place] & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            scalar = scalar << 6 | UInt32(text[offset + place] & 0x3F)
        }
        return (scalar, length)
    }

    /// Whether the bytes are UTF-8 but for surrogates, as a JSON string can say them.
    static func isWellFormed(_ text: [UInt8]) -> Bool {
        var offset = 0
        while offset < text.count {
            if text[offset] < 0x80 {
                offset += 1
                continue
            }
            let (scalar, length) = scalar(in: text, at: offset)
            let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
            guard length > 1, scalar >= least, scalar <= 0x10FFFF else { return false }
            offset += length
        }
        return true
    }

    /// Whether a surrogate stands in well-formed text.
    static func holdsSurrogate(_ text: [UInt8]) -> Bool {
        text.indices.contains { text[$0] == 0xED && $0 + 1 < text.count && text[$0 + 1] >= 0xA0 }
    }

    /// Writes a scalar as one or two `\uXXXX`.
    static func writeEscapes(_ scalar: UInt32, to text: inout [UInt8]) {
        if scalar >= 0x10000 {
            writeEscapes(0xD800 + (scalar - 0x10000) >> 10, to: &text)
            writeEscapes(0xDC00 + (scalar - 0x10000) & 0x3FF, to: &text)
            return
        }
        text.append(0x5C)
        text.append(0x75)
        text.append(hexDigit(scalar >> 12))
        text.append(hexDigit(scalar >> 8))
        text.append(hexDigit(scalar >> 4))
        text.append(hexDigit(scalar))
    }

    private static func hexDigit(_ value: UInt32) -> UInt8 {
        let digit = UInt8(value & 15)
        return digit < 10 ? 0x30 + digit : 0x57 + digit
    }

    /// The inside of a JSON string with that text, every code unit as an escape.
    package static func escaped(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var offset = 0
        while offset < text.count {
            let (scalar, length) = scalar(in: text, at: offset)
            writeEscapes(scalar, to: &result)
            offset += length
        }
        return result
    }
}
