import FoundationEssentials
import WhyOps

/// New ids and the time of day.
package enum Identifiers {
    /// A lower-case UUID version 4.
    static func uuid() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = [16 of UInt8](repeating: 0)
        for half in [0, 8] {
            var word: UInt64 = generator.next()
            for index in half..<half + 8 {
                bytes[index] = UInt8(truncatingIfNeeded: word)
                word >>= 8
            }
        }
        return TraceID(random: bytes).text
    }

    private static let spanAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)

    /// `span_` and 21 random characters, 126 bits.
    package static func span() -> String {
        var generator = SystemRandomNumberGenerator()
        var text = Array("span_".utf8)
        text.reserveCapacity(26)
        // Each word is one call of the system, and holds ten characters.
        for count in [10, 10, 1] {
            var word: UInt64 = generator.next()
            for _ in 0..<count {
                text.append(spanAlphabet[Int(word & 63)])
                word >>= 6
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The time of day, as events carry it.
    package static func now() -> String {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))).text
    }
}
