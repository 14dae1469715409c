import Foundation
import WhyOps

/// What one would write without this library, with Foundation.
enum Obvious {
    /// A frame, scalar by scalar.
    static func encode(_ id: String) -> [UInt8] {
        var text = "\u{200B}"
        for byte in id.utf8 {
            for shift in (0..<8).reversed() { text += byte >> shift & 1 == 1 ? "\u{200C}" : "\u{200D}" }
        }
        return Array((text + "\u{200E}").utf8)
    }

    /// The text without zero-width characters; that it damages text in other scripts is part of the obvious way.
    static func strip(_ bytes: [UInt8]) -> [UInt8] {
        Array(strip(String(decoding: bytes, as: UTF8.self)).utf8)
    }

    private static func strip(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !(0x200B...0x200E).contains(scalar.value) { kept.append(scalar) }
        return String(kept)
    }

    /// The id of the last frame.
    static func extract(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let start = text.unicodeScalars.lastIndex(of: "\u{200B}") else { return nil }
        var payload: [UInt8] = []
        var byte: UInt8 = 0
        var count = 0
        for scalar in text.unicodeScalars[start...].dropFirst() {
            guard scalar != "\u{200E}" else { return String(decoding: payload, as: UTF8.self) }
            byte = byte << 1 | (scalar == "\u{200C}" ? 1 : 0)
            count += 1
            if count % 8 == 0 { payload.append(byte) }
        }
        return nil
    }

    /// A body parsed, its strings stripped, written again.
    static func rewrite(_ body: [UInt8]) -> [UInt8] {
        guard let value = parse(body), let data = try? JSONSerialization.data(withJSONObject: stripped(value)) else {
            return []
        }
        return Array(data)
    }

    private static func stripped(_ value: Any) -> Any {
        switch value {
        case let text as String: strip(text)
        case let list as [Any]: list.map(stripped)
        case let object as [String: Any]: object.mapValues(stripped)
        default: value
        }
    }

    /// A JSON text as Foundation's objects.
    static func parse(_ text: [UInt8]) -> Any? { try? JSONSerialization.jsonObject(with: Data(text)) }

    /// An event of a stream parsed and written again.
    static func passEvent(_ event: [UInt8]) {
        for line in String(decoding: event, as: UTF8.self).split(separator: "\n") where line.hasPrefix("data: ") {
            guard let value = parse(Array(line.dropFirst(6).utf8)) else { continue }
            keep(try? JSONSerialization.data(withJSONObject: value))
        }
    }

    /// A JSON text with its members sorted.
    static func canonical(_ text: [UInt8]) -> Data? {
        parse(text).flatMap { try? JSONSerialization.data(withJSONObject: $0, options: [.sortedKeys]) }
    }
}
