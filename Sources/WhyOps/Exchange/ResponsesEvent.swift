/// One event of a Responses stream: what it is, and where in it things stand.
struct ResponsesEvent {
    /// The kinds that matter for the text and its copies.
    enum Kind {
        case created, itemAdded, partAdded, textDelta, textDone, partDone, itemDone
        /// The last one of a stream.
        case final
        case other
    }

    /// Where a text stands in a reply.
    struct Place: Equatable, Sendable {
        var output: Int
        var content: Int
    }

    let kind: Kind
    let place: Place
    private let root: JSONTape.Index
    /// The response object that it brings.
    let response: JSONTape.Index?
    /// The item that it brings.
    let item: JSONTape.Index?
    /// The piece that it brings.
    let delta: JSONTape.Index?

    init(_ tape: JSONTape, _ bytes: Span<UInt8>) {
        let root = tape.root
        func number(_ name: StaticString) -> Int {
            tape.member(name, of: root, in: bytes).flatMap { tape.integer($0, in: bytes) } ?? 0
        }
        func object(_ name: StaticString) -> JSONTape.Index? {
            tape.member(name, of: root, in: bytes).flatMap { tape.kind($0) == .object ? $0 : nil }
        }
        self.root = root
        kind = Self.kind(tape, bytes)
        place = Place(output: number("output_index"), content: number("content_index"))
        response = object("response")
        item = object("item")
        delta = tape.member("delta", of: root, in: bytes)
    }

    private static let kinds: [(StaticString, Kind)] = [
        ("response.output_text.delta", .textDelta), ("response.output_text.done", .textDone),
        ("response.content_part.added", .partAdded), ("response.content_part.done", .partDone),
        ("response.output_item.added", .itemAdded), ("response.output_item.done", .itemDone),
        ("response.created", .created), ("response.completed", .final), ("response.incomplete", .final),
        ("response.failed", .final), ("error", .final),
    ]

    private static func kind(_ tape: JSONTape, _ bytes: Span<UInt8>) -> Kind {
        guard let type = tape.member("type", of: tape.root, in: bytes) else {
            return tape.isError(in: bytes) ? .final : .other
        }
        return kinds.first { tape.isString(type, $0.0, in: bytes) }?.1 ?? .other
    }

    /// The text of `response.output_text.done`, or of the part that is added or done.
    func text(_ tape: JSONTape, _ bytes: Span<UInt8>) -> JSONTape.Index? {
        if kind == .textDone { return tape.member("text", of: root, in: bytes) }
        return tape.member("part", of: root, in: bytes).flatMap { Self.text(ofPart: $0, tape, bytes) }
    }

    /// The copy that it brings of the text at a place (EXC-41).
    func copy(at wanted: Place, _ tape: JSONTape, _ bytes: Span<UInt8>) -> JSONTape.Index? {
        switch kind {
        case .textDone, .partDone: return place == wanted ? text(tape, bytes) : nil
        case .itemDone:
            guard place.output == wanted.output, let item else { return nil }
            return Self.text(ofItem: item, wanted.content, tape, bytes)
        default:
            guard let response, let items = tape.member("output", of: response, in: bytes),
                let item = Self.child(wanted.output, of: items, tape)
            else { return nil }
            return Self.text(ofItem: item, wanted.content, tape, bytes)
        }
    }

    private static func text(
        ofItem item: JSONTape.Index,
        _ content: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) -> JSONTape.Index? {
        guard let type = tape.member("type", of: item, in: bytes), tape.isString(type, "message", in: bytes),
            let parts = tape.member("content", of: item, in: bytes), let part = child(content, of: parts, tape)
        else { return nil }
        return text(ofPart: part, tape, bytes)
    }

    private static func text(
        ofPart part: JSONTape.Index,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) -> JSONTape.Index? {
        guard let type = tape.member("type", of: part, in: bytes), tape.isString(type, "output_text", in: bytes),
            let text = tape.member("text", of: part, in: bytes), tape.kind(text) == .string
        else { return nil }
        return text
    }

    private static func child(_ number: Int, of array: JSONTape.Index, _ tape: JSONTape) -> JSONTape.Index? {
        guard number >= 0, tape.kind(array) == .array else { return nil }
        for (index, child) in tape.children(array).enumerated() where index == number { return child }
        return nil
    }
}

extension JSONTape {
    /// Whether an event without a type is one that says what went wrong (EXC-85).
    func isError(in bytes: Span<UInt8>) -> Bool {
        member("error", of: root, in: bytes).map { kind($0) != .null } ?? false
    }
}

/// What a delta of ours repeats of the upstream's (EXC-40).
struct ResponsesDeltaHead: Sendable {
    /// The members from `item_id` to `content_index` as they stand in the upstream's delta.
    private var members: [UInt8] = []
    private var hasLogprobs: Bool
    private var isNamed: Bool

    init(_ tape: JSONTape, _ bytes: Span<UInt8>, isNamed: Bool) {
        self.isNamed = isNamed
        hasLogprobs = tape.member("logprobs", of: tape.root, in: bytes) != nil
        for name: StaticString in ["item_id", "output_index", "content_index"] {
            // A value over several lines would break the one line of a delta of ours, and these are never containers.
            guard let value = tape.member(name, of: tape.root, in: bytes), tape.kind(value) != .object,
                tape.kind(value) != .array
            else { continue }
            members += "\"\(name)\":".utf8
            members += tape.slice(value, in: bytes)
            members.append(UInt8(ascii: ","))
        }
    }

    /// The event with a piece of text, given as the inside of a JSON string; nothing for an empty one.
    func delta(_ piece: [UInt8], number: Int?, _ ending: ServerSentEventReader.LineEnding) -> [UInt8] {
        if piece.isEmpty { return [] }
        var event: [UInt8] = []
        if isNamed {
            event += "event: response.output_text.delta".utf8
            event += ending.bytes
        }
        event += "data: {\"type\":\"response.output_text.delta\",".utf8
        if let number { event += "\"sequence_number\":\(number),".utf8 }
        event += members
        event += "\"delta\":\"".utf8
        event += piece
        event += (hasLogprobs ? "\",\"logprobs\":[]}" : "\"}").utf8
        event += ending.bytes
        event += ending.bytes
        return event
    }
}
