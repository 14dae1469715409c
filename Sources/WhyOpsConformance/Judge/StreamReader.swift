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

    /// After which bytes an event is complete, for streams whose lines end with LF alone.
    static func ends(of stream: [UInt8]) -> [Int] {
        var ends: [Int] = []
        var lineStart = 0
        var hasData = false
        for (offset, byte) in stream.enumerated() where byte == 0x0A {
            if offset == lineStart {
                if hasData { ends.append(offset + 1) }
                hasData = false
            } else if stream[lineStart] != UInt8(ascii: ":") {
                hasData = true
            }
            lineStart = offset + 1
        }
        return ends
    }
}

extension StreamReader.Event {
    /// The event with every text emptied that may gain a frame, to recognise it where text was moved or added.
    var shape: Self {
        guard let json = JSON(data) else { return self }
        var shape = self
        let type = json["type"]?.text
        shape.data = Self.withoutText(json, in: nil, type).written()
        return shape
    }

    private static func withoutText(_ json: JSON, in member: String?, _ type: String?) -> JSON {
        switch json {
        case .object(let members):
            let isDelta = member == "delta" || member == "content_block"
            let isPart = json["type"]?.text == "output_text" || (member == nil && type == "response.output_text.done")
            return .object(
                members.map { entry in
                    let name = String(decoding: entry.name, as: UTF8.self)
                    let isText =
                        isDelta && (name == "content" || name == "text") || isPart && name == "text"
                        || member == nil && name == "delta" && type == "response.output_text.delta"
                    if isText, entry.value.bytes != nil { return .init(bytes: entry.name, .string([])) }
                    if member == nil, name == "sequence_number" { return .init(bytes: entry.name, .null) }
                    return .init(bytes: entry.name, withoutText(entry.value, in: name, type))
                }
            )
        // An item's own members are not those of the event.
        case .array(let values): return .array(values.map { withoutText($0, in: member ?? "", type) })
        default: return json
        }
    }
}
