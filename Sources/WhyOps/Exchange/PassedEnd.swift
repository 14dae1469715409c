/// Looks for the end of a reply in a stream whose events are no longer read (EXC-38): how a line begins tells it, and the
/// rest of a line may be of any length.
struct PassedEnd: Sendable {
    /// Whether the event that ends the reply has passed (EXC-94).
    private(set) var hasCome = false
    /// Whether an event has begun that tells an error (PRX-171).
    private(set) var hasFailed = false
    /// Whether the event has begun that ends the reply.
    private var isNear = false
    /// How the line begins that is passing.
    private var line: [UInt8] = []
    private var lastByte: UInt8 = 0x0A
    /// What ended the line before.
    private var lastBreak: UInt8 = 0x0A

    /// Enough for the longest name that ends a stream, in whatever field it stands.
    private static let longest = 64
    /// That of `data:[DONE]`: nothing shorter tells an end.
    private static let shortest = 11
    private static let names: [StaticString] = [
        "message_stop", "response.completed", "response.incomplete", "response.failed",
    ]
    private static let errors: [StaticString] = [
        "{\"type\":\"error\"", "{\"type\": \"error\"", "{\"error\":{", "{\"error\": {", "{\"error\":\"",
        "{\"error\": \"", "{\"type\":\"response.failed\"", "{\"type\": \"response.failed\"",
    ]

    /// Takes the next bytes that passed.
    ///
    /// - Complexity: O(n).
    mutating func read(_ bytes: Span<UInt8>) {
        var position = 0
        while position < bytes.count, !hasCome {
            let end = ByteSearch.endOfLine(bytes, from: position, end: bytes.count)
            let room = min(Self.longest - line.count, end - position)
            for offset in position..<position + room { line.append(bytes[offset]) }
            if end > position { lastByte = bytes[end - 1] }
            if !hasFailed, tellsError(isWhole: end < bytes.count) { hasFailed = true }
            guard end < bytes.count else { return }
            endLine(bytes[end])
            position = end + 1
        }
    }

    /// The stream has ended, which completes an event that lacks its blank line (EXC-31); one that was cut off inside
    /// its JSON has not come.
    mutating func finish() {
        if isEnd || isNear && lastByte == UInt8(ascii: "}") { hasCome = true }
    }

    private mutating func endLine(_ lineBreak: UInt8) {
        // The second half of a CRLF is no blank line.
        let isSecondHalf = line.isEmpty && lineBreak == 0x0A && lastBreak == 0x0D
        lastBreak = lineBreak
        if isSecondHalf { return }
        if line.isEmpty {
            if isNear { hasCome = true }
        } else if line.count >= Self.shortest {
            if isEnd { hasCome = true } else if isNamed { isNear = true }
        }
        line.removeAll(keepingCapacity: true)
    }

    /// Whether the line is what OpenAI ends a stream with.
    private var isEnd: Bool { value(of: "data:").map { $0.elementsEqual("[DONE]".utf8) } ?? false }

    /// Whether the line names the event that ends a stream, as its type or in its data.
    private var isNamed: Bool {
        if let name = value(of: "event:") { return Self.isName(name) }
        guard let data = value(of: "data:") else { return false }
        // As servers write it, `type` first.
        for head: StaticString in ["{\"type\":\"", "{\"type\": \""] where Self.begins(data, with: head) {
            return Self.isName(data.dropFirst(head.utf8CodeUnitCount).prefix { $0 != UInt8(ascii: "\"") })
        }
        return false
    }

    /// Whether the line is that of an error: by its name, once it is whole, or by how its data begins.
    private func tellsError(isWhole: Bool) -> Bool {
        if let name = value(of: "event:") {
            return isWhole && (name.elementsEqual("error".utf8) || name.elementsEqual("response.failed".utf8))
        }
        guard let data = value(of: "data:") else { return false }
        return Self.errors.contains { Self.begins(data, with: $0) }
    }

    /// What the line has as a field of that name.
    private func value(of field: StaticString) -> ArraySlice<UInt8>? {
        guard Self.begins(line[...], with: field) else { return nil }
        let value = line.dropFirst(field.utf8CodeUnitCount)
        return value.first == 0x20 ? value.dropFirst() : value
    }

    private static func begins(_ bytes: ArraySlice<UInt8>, with text: StaticString) -> Bool {
        text.withUTF8Buffer { unsafe bytes.starts(with: $0) }
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        names.contains { bytes.count == $0.utf8CodeUnitCount && begins(bytes, with: $0) }
    }
}
