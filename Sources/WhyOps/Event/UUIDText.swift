/// The text form of a UUID.
enum UUIDText {
    /// Whether some bytes are 8-4-4-4-12 hexadecimal digits (EVT-10).
    static func isUUID(_ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        guard range.count == 36 else { return false }
        for position in 0..<36 {
            let byte = bytes[range.lowerBound + position]
            switch position {
            case 8, 13, 18, 23: if byte != UInt8(ascii: "-") { return false }
            default: if byte.hexDigitValue == nil { return false }
            }
        }
        return true
    }
}
