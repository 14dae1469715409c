import Logging
import WhyOps

/// How the lines of the log are written.
package enum LogFormat: String, CaseIterable, Sendable {
    /// For a person: time, level, message, and what belongs to it as `name=value`.
    case text
    /// For a machine: one JSON object in each line.
    case json

    /// A line with its end. However long its values are, it has no more than one line end.
    func line(
        at time: String,
        _ level: Logger.Level,
        _ message: String,
        _ metadata: Logger.Metadata
    ) -> [UInt8] {
        let values = metadata.sorted { $0.key < $1.key }
        switch self {
        case .text:
            var text = "\(time) \(level.rawValue) \(message.isPlainLine ? message : Self.quoted(message))"
            for (name, value) in values {
                let value = value.description
                text += " \(name)=\(value.isPlainWord ? value : Self.quoted(value))"
            }
            return Array((text + "\n").utf8)
        case .json:
            var writer = JSONWriter()
            writer.object {
                $0.member("time", time)
                $0.member("level", level.rawValue)
                $0.member("message", message)
                for (name, value) in values where !["time", "level", "message"].contains(name) {
                    if let number = value.number {
                        $0.member(name, raw: Array(number.utf8))
                    } else {
                        $0.member(name, value.description)
                    }
                }
            }
            return writer.bytes + [UInt8(ascii: "\n")]
        }
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        // What a terminal could take for a command or hide is spelt out.
        var quoted = ""
        for scalar in String(decoding: writer.bytes, as: UTF8.self).unicodeScalars {
            quoted += scalar.isSeen ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
        return quoted
    }
}

extension Logger.MetadataValue {
    /// The text of a number.
    fileprivate var number: String? {
        guard case .stringConvertible(let value) = self else { return nil }
        if value is Int { return value.description }
        return (value as? Double).flatMap { $0.isFinite ? $0.description : nil }
    }
}

extension Unicode.Scalar {
    /// Whether a person sees it: no control, no format character, nothing that is ignored.
    fileprivate var isSeen: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate: false
        default: !properties.isDefaultIgnorableCodePoint
        }
    }
}

extension String {
    /// Whether it can stand behind an equals sign as it is.
    fileprivate var isPlainWord: Bool {
        !isEmpty && utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C && $0 != 0x3D }
    }

    fileprivate var isPlainLine: Bool { utf8.allSatisfy { (0x20...0x7E).contains($0) } }
}
