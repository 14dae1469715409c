import FoundationEssentials
import WhyOps

/// New ids and the time of day.
package enum Identifiers {
    /// A lower-case UUID version 4.
    static func uuid() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = [16 of UInt8](repeating: 0)
        for index in 0..<16 { bytes[index] = UInt8.random(in: 0...255, using: &generator) }
        return TraceID(random: bytes).text
    }

    private static let spanAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)

    /// `span_` and 21 random characters, 126 bits.
    package static func span() -> String {
        var generator = SystemRandomNumberGenerator()
        var text = Array("span_".utf8)
        for _ in 0..<21 { text.append(spanAlphabet[Int.random(in: 0..<64, using: &generator)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The time of day, as events carry it.
    package static func now() -> String {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))).text
    }
}
