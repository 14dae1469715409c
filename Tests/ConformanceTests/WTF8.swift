/// UTF-8 that can also hold surrogates without a partner, three bytes each.
enum WTF8 {
    /// Adds a scalar or a surrogate; a low one joins a high one before it.
    static func append(_ scalar: UInt32, to text: inout [UInt8]) {
        if (0xDC00...0xDFFF).contains(scalar), let high = trailingHighSurrogate(text) {
            text.removeLast(3)
            append(0x10000 + (high - 0xD800) << 10 + (scalar - 0xDC00), to: &text)
            return
        }
        func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | (scalar >> shift) & 0x3F) }
        switch scalar {
        case 0..<0x80: text.append(UInt8(scalar))
        case 0x80..<0x800: text += [UInt8(0xC0 | scalar >> 6), tail(0)]
        case 0x800..<0x10000: text += [UInt8(0xE0 | scalar >> 12), tail(6), tail(0)]
        default: text += [UInt8(0xF0 | scalar >> 18), tail(12), tail(6), tail(0)]
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
        guard text.count >= 3 else { return nil }
        let tail = text[(text.count - 3)...]
        guard tail[tail.startIndex] == 0xED, (0xA0...0xAF).contains(tail[tail.startIndex + 1]) else { return nil }
        return 0xD000 | UInt32(tail[tail.startIndex + 1] & 0x3F) << 6 | UInt32(tail[tail.startIndex + 2] & 0x3F)
    }

    /// The inside of a JSON string with that text, every code unit as an escape.
    static func escaped(_ text: [UInt8]) -> [UInt8] {
        var units: [UInt16] = []
        var offset = 0
        while offset < text.count {
            let byte = text[offset]
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            var scalar = length == 1 ? UInt32(byte) : UInt32(byte) & (0x7F >> UInt32(length))
            for place in 1..<max(length, 1) where length > 1 {
                scalar = scalar << 6 | UInt32(text[offset + place] & 0x3F)
            }
            if scalar < 0x10000 {
                units.append(UInt16(scalar))
            } else {
                units.append(UInt16(0xD800 + (scalar - 0x10000) >> 10))
                units.append(UInt16(0xDC00 + (scalar - 0x10000) & 0x3FF))
            }
            offset += length
        }
        let digits = Array("0123456789abcdef".utf8)
        return units.flatMap { unit in
            [0x5C, 0x75] + [12, 8, 4, 0].map { digits[Int(unit >> $0 & 15)] }
        }
    }
}
