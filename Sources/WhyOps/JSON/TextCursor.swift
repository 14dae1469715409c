/// One scalar of a text, or a surrogate that has no partner, with the bytes that spell it.
package struct TextUnit: Equatable {
    package var scalar: UInt32
    package var start: Int
    package var end: Int

    /// A surrogate that JSON's `\u` escapes can spell though no text can hold it.
    var isLoneHighSurrogate: Bool { (0xD800...0xDBFF).contains(scalar) }
    var isLoneLowSurrogate: Bool { (0xDC00...0xDFFF).contains(scalar) }
}

/// Reads a text scalar by scalar from UTF-8 bytes, either plain or between the quotes of a JSON string.
///
/// Bytes that are not UTF-8 come out one at a time as U+FFFD, so that plain text is never refused.
package struct TextCursor {
    package private(set) var offset: Int
    let end: Int
    let escapes: Bool

    package init(_ range: Range<Int>, escapes: Bool) {
        self.offset = range.lowerBound
        self.end = range.upperBound
        self.escapes = escapes
    }

    package mutating func next(in bytes: Span<UInt8>) -> TextUnit? {
        guard offset < end else { return nil }
        let start = offset
        let byte = bytes[start]
        if byte < 0x80 {
            if escapes, byte == UInt8(ascii: "\\") { return nextEscape(in: bytes) }
            offset = start + 1
            return TextUnit(scalar: UInt32(byte), start: start, end: offset)
        }
        let length = UTF8Sequence.length(at: start, limit: end, in: bytes)
        guard length > 0 else {
            offset = start + 1
            return TextUnit(scalar: 0xFFFD, start: start, end: offset)
        }
        var scalar = UInt32(byte) & (0x7F >> UInt32(length))
        for position in start + 1..<start + length { scalar = scalar << 6 | UInt32(bytes[position] & 0x3F) }
        offset = start + length
        return TextUnit(scalar: scalar, start: start, end: offset)
    }

    /// The scanner has proved that every backslash starts a whole escape.
    private mutating func nextEscape(in bytes: Span<UInt8>) -> TextUnit? {
        let start = offset
        guard start + 1 < end else {
            offset = end
            return TextUnit(scalar: 0x5C, start: start, end: end)
        }
        let letter = bytes[start + 1]
        guard letter == UInt8(ascii: "u"), let unit = codeUnit(at: start, in: bytes) else {
            offset = start + 2
            let scalar: UInt32 =
                switch letter {
                case UInt8(ascii: "b"): 0x08
                case UInt8(ascii: "t"): 0x09
                case UInt8(ascii: "n"): 0x0A
                case UInt8(ascii: "f"): 0x0C
                case UInt8(ascii: "r"): 0x0D
                default: UInt32(letter)
                }
            return TextUnit(scalar: scalar, start: start, end: offset)
        }
        offset = start + 6
        if (0xD800...0xDBFF).contains(unit), let low = codeUnit(at: offset, in: bytes), (0xDC00...0xDFFF).contains(low)
        {
            offset += 6
            return TextUnit(scalar: 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00), start: start, end: offset)
        }
        return TextUnit(scalar: unit, start: start, end: offset)
    }

    /// The code unit of a whole `\uXXXX` at an offset.
    private func codeUnit(at start: Int, in bytes: Span<UInt8>) -> UInt32? {
        guard start + 6 <= end, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt32 = 0
        for position in start + 2..<start + 6 {
            guard let digit = bytes[position].hexDigitValue else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}

extension UInt8 {
    /// The value of an ASCII hexadecimal digit.
    package var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The well-formed UTF-8 byte sequences of table 3-7 of the Unicode Standard.
enum UTF8Sequence {
    /// The length, 2 to 4, of the sequence that starts at a byte of 0x80 or above; 0 where none does.
    static func length(at start: Int, limit: Int, in bytes: Span<UInt8>) -> Int {
        let first = bytes[start]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard start + length <= limit, second.contains(bytes[start + 1]) else { return 0 }
        for position in start + 2..<max(start + length, start + 2) where !(0x80...0xBF).contains(bytes[position]) {
            return 0
        }
        return length
    }
}
