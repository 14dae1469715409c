// What a model thought before a chat reply, in the members that servers have for it (EXC-92, EXC-93).

extension ReplyCapture {
    /// Where the text of a choice's thoughts stands, the one that is preferred last: servers that have several say the
    /// same in each.
    enum ThoughtSource: Int, Sendable {
        case contentParts, details, reasoning, reasoningContent
    }

    /// The thoughts of a chat message, or of one delta of it.
    mutating func readThoughts(
        _ message: JSONTape.Index,
        content: JSONTape.Index?,
        of choice: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        // Read in one go, as nearly every delta has none of them.
        var details: JSONTape.Index?
        var reasoning: JSONTape.Index?
        var reasoningContent: JSONTape.Index?
        for (name, value) in tape.members(message) {
            if tape.isString(name, "reasoning_content", in: bytes) {
                reasoningContent = value
            } else if tape.isString(name, "reasoning", in: bytes) {
                reasoning = value
            } else if tape.isString(name, "reasoning_details", in: bytes) {
                details = value
            }
        }
        append(thought: reasoningContent, .reasoningContent, of: choice, tape, bytes)
        append(thought: reasoning, .reasoning, of: choice, tape, bytes)
        if let details, tape.kind(details) == .array {
            for detail in tape.children(details) { readDetail(detail, of: choice, tape, bytes) }
        }
        if let content, tape.kind(content) == .array {
            for part in tape.children(content) { readThinkingPart(part, of: choice, tape, bytes) }
        }
    }

    private mutating func readDetail(
        _ detail: JSONTape.Index,
        of choice: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        guard let type = tape.member("type", of: detail, in: bytes) else { return }
        if tape.isString(type, "reasoning.text", in: bytes) {
            append(thought: tape.member("text", of: detail, in: bytes), .details, of: choice, tape, bytes)
            guard let seal = written("signature", of: detail, tape, bytes), let place = thought(of: choice) else {
                return
            }
            tape.appendText(of: seal, in: bytes, to: &thinking[place].seal)
        } else if tape.isString(type, "reasoning.summary", in: bytes) {
            append(thought: tape.member("summary", of: detail, in: bytes), .details, of: choice, tape, bytes)
        } else if tape.isString(type, "reasoning.encrypted", in: bytes) {
            guard let data = written("data", of: detail, tape, bytes), let data = tape.utf8(data, in: bytes),
                admitsThinking()
            else { return }
            let place = thinking.firstIndex { $0.index > choice } ?? thinking.endIndex
            thinking.insert(Thinking(isRedacted: true, index: choice, seal: data), at: place)
        }
    }

    /// A part of a content that is a list, whose thoughts are texts themselves or a list of such parts.
    private mutating func readThinkingPart(
        _ part: JSONTape.Index,
        of choice: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        guard let type = tape.member("type", of: part, in: bytes), tape.isString(type, "thinking", in: bytes),
            let thoughts = tape.member("thinking", of: part, in: bytes)
        else { return }
        append(thought: thoughts, .contentParts, of: choice, tape, bytes)
        guard tape.kind(thoughts) == .array else { return }
        for thought in tape.children(thoughts) {
            guard let type = tape.member("type", of: thought, in: bytes), tape.isString(type, "text", in: bytes) else {
                continue
            }
            append(thought: tape.member("text", of: thought, in: bytes), .contentParts, of: choice, tape, bytes)
        }
    }

    /// Appends a text to the thoughts of a choice, in place of what a source that is less preferred has said.
    private mutating func append(
        thought piece: JSONTape.Index?,
        _ source: ThoughtSource,
        of choice: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        guard let piece, tape.kind(piece) == .string, !tape.contentRange(piece).isEmpty,
            let place = thought(of: choice)
        else { return }
        if let known = thinking[place].source {
            if known.rawValue > source.rawValue { return }
            if known.rawValue < source.rawValue { thinking[place].text = [] }
        }
        thinking[place].source = source
        tape.appendText(of: piece, in: bytes, to: &thinking[place].text)
    }

    /// The place of a choice's thoughts that can be read, before those that cannot; `nil` where none is left.
    private mutating func thought(of choice: Int) -> Int? {
        if let place = thinking.firstIndex(where: { $0.index == choice && !$0.isRedacted }) { return place }
        guard admitsThinking() else { return nil }
        let place = thinking.firstIndex { $0.index >= choice } ?? thinking.endIndex
        thinking.insert(Thinking(index: choice), at: place)
        return place
    }

    /// A member that is a string and not empty.
    private func written(
        _ name: StaticString,
        of object: JSONTape.Index,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) -> JSONTape.Index? {
        tape.member(name, of: object, in: bytes).flatMap {
            tape.kind($0) == .string && !tape.contentRange($0).isEmpty ? $0 : nil
        }
    }
}
