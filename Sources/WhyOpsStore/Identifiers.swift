import FoundationEssentials
import WhyOps

/// New ids and the time of day.
package enum Identifiers {
    /// A lower-case UUID version 4.
    static func uuid() -> String {
        let generator = RandomWords()
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

    /// A lower-case UUID version 7 (RFC 9562, 5.7): those of one moment lie together in an index, so that many new rows
    /// touch few of its pages.
    static func orderedUUID() -> String {
        let time = UInt64(max(0, Date().timeIntervalSince1970 * 1000))
        let generator = RandomWords()
        let high: UInt64 = time << 16 | 0x7000 | generator.next() & 0xFFF
        let low: UInt64 = 1 << 63 | generator.next() >> 2
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for place in 0..<32 {
            if place == 8 || place == 12 || place == 16 || place == 20 { text.append(UInt8(ascii: "-")) }
            let half = place < 16 ? high : low
            text.append(UInt8(truncatingIfNeeded: half >> UInt64(60 - place % 16 * 4) & 15).hexDigit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let spanAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)

    /// `span_` and 21 random characters, 126 bits.
    package static func span() -> String {
        let generator = RandomWords()
        var text = Array("span_".utf8)
        text.reserveCapacity(26)
        // Ten characters leave four of a word's bits, and those of both together are the last character.
        var rest: UInt64 = 0
        for _ in 0..<2 {
            var word: UInt64 = generator.next()
            for _ in 0..<10 {
                text.append(spanAlphabet[Int(word & 63)])
                word >>= 6
            }
            rest = rest << 4 | word
        }
        text.append(spanAlphabet[Int(rest & 63)])
        return String(decoding: text, as: UTF8.self)
    }

    /// The time of day, as events carry it.
    package static func now() -> String {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))).text
    }
}
