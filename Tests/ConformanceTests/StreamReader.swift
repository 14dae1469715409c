/// A small reader of event streams.
struct StreamReader {
    struct Event: Equatable {
        /// The lines that are neither data nor comment.
        var fields: [[UInt8]] = []
        var data: [UInt8] = []
    }

    private(set) var events: [Event] = []
    private(set) var comments: [[UInt8]] = []

    init(_ stream: [UInt8]) {
        var bytes = stream[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var event = Event()
        var data: [[UInt8]] = []
        for line in Self.lines(bytes) {
            if line.isEmpty {
                event.data = Array(data.joined(separator: [0x0A]))
                if !data.isEmpty || !event.fields.isEmpty { events.append(event) }
                event = Event()
                data = []
            } else if line.first == UInt8(ascii: ":") {
                comments.append(line)
            } else if line.starts(with: "data:".utf8) {
                data.append(Array(line.dropFirst(line.dropFirst(5).first == 0x20 ? 6 : 5)))
            } else {
                event.fields.append(line)
            }
        }
    }

    /// The lines that ended, without their ends.
    private static func lines(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var previous: UInt8 = 0
        for byte in bytes {
            switch byte {
            case 0x0A where previous == 0x0D: break
            case 0x0A, 0x0D:
                lines.append(line)
                line = []
            default: line.append(byte)
            }
            previous = byte
        }
        return lines
    }
}

extension StreamReader.Event {
    /// The event with every text of a delta emptied, to recognise it where text was moved or added.
    var shape: Self {
        guard let json = JSON(data) else { return self }
        var shape = self
        shape.data = Array("\(Self.withoutText(json, in: nil))".utf8)
        return shape
    }

    private static func withoutText(_ json: JSON, in member: [UInt8]?) -> JSON {
        switch json {
        case .object(let members):
            let isDelta = member == Array("delta".utf8) || member == Array("content_block".utf8)
            return .object(
                members.map { name, value in
                    let isText = isDelta && (name == Array("content".utf8) || name == Array("text".utf8))
                    guard isText, value.bytes != nil else { return (name, withoutText(value, in: name)) }
                    return (name, .string([]))
                }
            )
        case .array(let values): return .array(values.map { withoutText($0, in: member) })
        default: return json
        }
    }
}
