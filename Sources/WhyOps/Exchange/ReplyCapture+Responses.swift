// What a Responses reply says, whole or event by event (EXC-57).

extension ReplyCapture {
    /// A response object, whole or inside an event of a stream, beside its items.
    mutating func readResponseHead(_ response: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        func text(_ name: StaticString, of object: JSONTape.Index) -> [UInt8]? {
            tape.member(name, of: object, in: bytes).flatMap { tape.utf8($0, in: bytes) }
        }
        if let id = text("id", of: response) {
            self.id = id
            noteEcho(.response, id)
        }
        if let conversation = tape.member("conversation", of: response, in: bytes) {
            noteEcho(.conversation, text("id", of: conversation))
        }
        if let model = text("model", of: response) { self.model = model }
        if let usage = tape.member("usage", of: response, in: bytes) {
            self.usage.readResponse(usage, of: response, tape, bytes)
        }
        if let error = tape.member("error", of: response, in: bytes), tape.kind(error) != .null {
            self.error = tape.slice(error, in: bytes)
        }
        guard let status = tape.member("status", of: response, in: bytes),
            !tape.isString(status, "in_progress", in: bytes), !tape.isString(status, "queued", in: bytes),
            let status = tape.utf8(status, in: bytes)
        else { return }
        let details = tape.member("incomplete_details", of: response, in: bytes)
        let place = choice(0)
        choices[place].finishReason = details.flatMap { text("reason", of: $0) } ?? status
    }

    /// A response object that is final: its items stand in place of what events said before.
    mutating func readResponse(_ response: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        readResponseHead(response, tape, bytes)
        let place = choice(0)
        if let items = tape.member("output", of: response, in: bytes), tape.kind(items) == .array,
            tape.next(items) > items + 1
        {
            // Of what there is no room for, the pieces stay.
            let isKept = admits(whole: tape.range(items).count)
            if isKept {
                choices[place] = Choice(index: 0, finishReason: choices[place].finishReason)
                thinking = []
            }
            for (index, item) in tape.children(items).enumerated() where tape.kind(item) == .object {
                noteItem(item, tape, bytes)
                noteSeal(item, tape, bytes)
                if isKept { readItem(item, index, tape, bytes) }
            }
        }
        if choices[place].hasRefused { choices[place].finishReason = Array("refusal".utf8) }
    }

    /// The ids of an item that clients send back (TRC-13).
    mutating func noteItem(_ item: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        func text(_ name: StaticString) -> [UInt8]? {
            tape.member(name, of: item, in: bytes).flatMap { tape.utf8($0, in: bytes) }
        }
        noteEcho(.message, text("id"))
        noteEcho(.toolCall, text("call_id"))
    }

    /// The seal of a whole item of reasoning (TRC-13).
    private mutating func noteSeal(_ item: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let seal = tape.member("encrypted_content", of: item, in: bytes),
            let type = tape.member("type", of: item, in: bytes), tape.isString(type, "reasoning", in: bytes)
        else { return }
        noteEcho(.thinking, tape.utf8(seal, in: bytes))
    }

    /// An item that a stream starts, whose text and reasoning are still to come.
    mutating func startItem(_ item: JSONTape.Index, _ index: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        noteItem(item, tape, bytes)
        guard let type = tape.member("type", of: item, in: bytes), admits(item: tape.range(item).count) else { return }
        readCall(item, type, index, tape, bytes)
    }

    /// A whole item.
    mutating func readItem(_ item: JSONTape.Index, _ index: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let type = tape.member("type", of: item, in: bytes) else { return }
        if tape.isString(type, "message", in: bytes) {
            guard let content = tape.member("content", of: item, in: bytes), tape.kind(content) == .array else {
                return
            }
            for part in tape.children(content) { readPart(part, tape, bytes) }
        } else if tape.isString(type, "reasoning", in: bytes) {
            readReasoning(item, index, tape, bytes)
        } else {
            readCall(item, type, index, tape, bytes)
        }
    }

    private mutating func readPart(_ part: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        let place = choice(0)
        guard let type = tape.member("type", of: part, in: bytes) else { return }
        if tape.isString(type, "output_text", in: bytes) {
            let text = tape.member("text", of: part, in: bytes).flatMap { tape.utf8($0, in: bytes) }
            choices[place].append(text: text ?? [])
            if let annotations = tape.member("annotations", of: part, in: bytes), tape.kind(annotations) == .array {
                choices[place].annotations += tape.children(annotations).map { tape.slice($0, in: bytes) }
            }
        } else if tape.isString(type, "refusal", in: bytes) {
            let text = tape.member("refusal", of: part, in: bytes).flatMap { tape.utf8($0, in: bytes) }
            choices[place].append(refusal: text ?? [])
        }
    }

    /// A call of a tool, whoever runs it; its later form replaces the pieces that came before.
    private mutating func readCall(
        _ item: JSONTape.Index,
        _ type: JSONTape.Index,
        _ index: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        func text(_ name: StaticString) -> [UInt8]? {
            tape.member(name, of: item, in: bytes).flatMap { tape.utf8($0, in: bytes) }
        }
        let end: StaticString = "_call"
        guard let kind = tape.utf8(type, in: bytes), kind.hasSuffix(end) else { return }
        let place = choice(0)
        guard admits(toolCall: index, of: place) else { return }
        let position = choices[place].toolCall(index)
        choices[place].toolCalls[position].id = text("call_id") ?? text("id")
        if tape.isString(type, "function_call", in: bytes) {
            choices[place].toolCalls[position].type = Array("function".utf8)
            choices[place].toolCalls[position].name = text("name") ?? []
        } else if tape.isString(type, "custom_tool_call", in: bytes) {
            choices[place].toolCalls[position].type = Array("custom".utf8)
            choices[place].toolCalls[position].name = text("name") ?? []
        } else {
            choices[place].toolCalls[position].type = kind
            choices[place].toolCalls[position].name = text("name") ?? Array(kind.dropLast(end.utf8CodeUnitCount))
        }
        choices[place].toolCalls[position].arguments = arguments(of: item, tape, bytes)
    }

    /// The text of a string, the JSON text of anything else.
    private func arguments(of item: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) -> [UInt8] {
        for name: StaticString in ["arguments", "input", "action", "queries", "code", "operation"] {
            guard let value = tape.member(name, of: item, in: bytes), tape.kind(value) != .null else { continue }
            return tape.utf8(value, in: bytes) ?? tape.slice(value, in: bytes)
        }
        return []
    }

    private mutating func readReasoning(
        _ item: JSONTape.Index,
        _ index: Int,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        var text: [UInt8] = []
        for name: StaticString in ["summary", "content"] {
            guard let parts = tape.member(name, of: item, in: bytes), tape.kind(parts) == .array else { continue }
            for part in tape.children(parts) {
                guard let piece = tape.member("text", of: part, in: bytes).flatMap({ tape.utf8($0, in: bytes) }) else {
                    continue
                }
                if !text.isEmpty { text += [0x0A, 0x0A] }
                text += piece
            }
        }
        let seal = tape.member("encrypted_content", of: item, in: bytes).flatMap { tape.utf8($0, in: bytes) } ?? []
        thinking.removeAll { $0.index == index }
        guard !text.isEmpty || !seal.isEmpty else { return }
        guard admitsThinking() else { return }
        thinking.append(Thinking(isRedacted: text.isEmpty, index: index, text: text, seal: seal))
    }

    // MARK: Events of a stream

    /// An event that brings a piece of what is to come whole later: kept for the reply that is cut off before.
    mutating func readPiece(_ event: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let type = tape.member("type", of: event, in: bytes) else { return }
        let index = tape.member("output_index", of: event, in: bytes).flatMap { tape.integer($0, in: bytes) } ?? 0
        let delta = tape.member("delta", of: event, in: bytes).flatMap { tape.utf8($0, in: bytes) } ?? []
        if tape.isString(type, "response.output_text.delta", in: bytes) {
            let place = choice(0)
            choices[place].append(text: delta)
        } else if tape.isString(type, "response.refusal.delta", in: bytes) {
            let place = choice(0)
            choices[place].append(refusal: delta)
        } else if tape.isString(type, "response.output_text.annotation.added", in: bytes) {
            guard let annotation = tape.member("annotation", of: event, in: bytes) else { return }
            let place = choice(0)
            choices[place].annotations.append(tape.slice(annotation, in: bytes))
        } else if tape.isString(type, "response.function_call_arguments.delta", in: bytes)
            || tape.isString(type, "response.custom_tool_call_input.delta", in: bytes)
            || tape.isString(type, "response.mcp_call_arguments.delta", in: bytes)
            || tape.isString(type, "response.code_interpreter_call_code.delta", in: bytes)
        {
            let place = choice(0)
            guard admits(toolCall: index, of: place) else { return }
            let position = choices[place].toolCall(index)
            choices[place].toolCalls[position].arguments += delta
        } else if tape.isString(type, "response.reasoning_summary_text.delta", in: bytes)
            || tape.isString(type, "response.reasoning_text.delta", in: bytes)
        {
            readThought(delta, index, tape.member("summary_index", of: event, in: bytes), tape, bytes)
        }
    }

    private mutating func readThought(
        _ delta: [UInt8],
        _ index: Int,
        _ part: JSONTape.Index?,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        let number = part.flatMap { tape.integer($0, in: bytes) } ?? 0
        guard let last = thinking.lastIndex(where: { $0.index == index }) else {
            if admitsThinking() { thinking.append(Thinking(index: index, part: number, text: delta)) }
            return
        }
        if thinking[last].part != number {
            thinking[last].part = number
            thinking[last].text += [0x0A, 0x0A]
        }
        thinking[last].text += delta
    }

    /// An item has come to its end: the calls and reasoning of its pieces are replaced, and its seal is whole.
    mutating func endItem(_ item: JSONTape.Index, _ index: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        noteItem(item, tape, bytes)
        noteSeal(item, tape, bytes)
        guard let type = tape.member("type", of: item, in: bytes), !tape.isString(type, "message", in: bytes) else {
            return
        }
        if admits(item: tape.range(item).count) { readItem(item, index, tape, bytes) }
    }
}
