// What an Anthropic message says, whole or block by block.

extension ReplyCapture {
    /// The members of a message beside its content.
    mutating func readMessageHead(_ message: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        if let id = tape.member("id", of: message, in: bytes) {
            self.id = tape.utf8(id, in: bytes)
            // TRC-46
            noteEcho(.response, self.id)
        }
        if let model = tape.member("model", of: message, in: bytes) { self.model = tape.utf8(model, in: bytes) }
        if let usage = tape.member("usage", of: message, in: bytes) { self.usage.readMessages(usage, tape, bytes) }
        readStopReason(message, tape, bytes)
    }

    /// The closing `message_delta` of a stream.
    mutating func readMessageDelta(_ tape: JSONTape, _ bytes: Span<UInt8>) {
        if let delta = tape.member("delta", of: tape.root, in: bytes) { readStopReason(delta, tape, bytes) }
        if let usage = tape.member("usage", of: tape.root, in: bytes) { self.usage.readMessages(usage, tape, bytes) }
    }

    private mutating func readStopReason(_ object: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let reason = tape.member("stop_reason", of: object, in: bytes), let text = tape.utf8(reason, in: bytes)
        else { return }
        let place = choice(0)
        choices[place].finishReason = text
    }

    /// Whether a block calls a tool, whoever runs it (EXC-97).
    private func isToolUse(_ type: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) -> Bool {
        tape.isString(type, "tool_use", in: bytes) || tape.isString(type, "server_tool_use", in: bytes)
            || tape.isString(type, "mcp_tool_use", in: bytes)
    }

    /// The ids of a content block, whole or as a stream starts it, whether it is kept or not (EXC-61).
    mutating func noteBlock(_ block: JSONTape.Index, _ index: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        func text(_ name: StaticString) -> [UInt8]? {
            tape.member(name, of: block, in: bytes).flatMap { tape.utf8($0, in: bytes) }
        }
        guard let type = tape.member("type", of: block, in: bytes) else { return }
        if isToolUse(type, tape, bytes) {
            noteEcho(.toolCall, text("id"))
        } else if tape.isString(type, "thinking", in: bytes) {
            startSeal(index, text("signature") ?? [])
        } else if tape.isString(type, "redacted_thinking", in: bytes) {
            startSeal(index, text("data") ?? [])
        }
    }

    /// The piece of a thinking block's seal that a delta brings (EXC-61).
    mutating func noteBlockDelta(_ delta: JSONTape.Index, _ index: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let piece = tape.member("signature", of: delta, in: bytes),
            let type = tape.member("type", of: delta, in: bytes), tape.isString(type, "signature_delta", in: bytes),
            let piece = tape.utf8(piece, in: bytes)
        else { return }
        continueSeal(index, piece)
    }

    /// A content block, whole or as a stream starts it.
    mutating func readBlock(_ block: JSONTape.Index, _ index: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        func text(_ name: StaticString) -> [UInt8]? {
            tape.member(name, of: block, in: bytes).flatMap { tape.utf8($0, in: bytes) }
        }
        guard let type = tape.member("type", of: block, in: bytes) else { return }
        let place = choice(0)
        if tape.isString(type, "text", in: bytes) {
            choices[place].append(text: text("text") ?? [])
            if let citations = tape.member("citations", of: block, in: bytes), tape.kind(citations) == .array {
                choices[place].annotations += tape.children(citations).map { tape.slice($0, in: bytes) }
            }
        } else if isToolUse(type, tape, bytes) {
            guard admits(toolCall: index, of: place) else { return }
            let position = choices[place].toolCall(index)
            choices[place].toolCalls[position].id = text("id")
            choices[place].toolCalls[position].type = Array("function".utf8)
            choices[place].toolCalls[position].name = text("name") ?? []
            if let input = tape.member("input", of: block, in: bytes) {
                choices[place].toolCalls[position].arguments = tape.slice(input, in: bytes)
            }
        } else if tape.isString(type, "thinking", in: bytes) {
            guard admitsThinking() else { return }
            thinking.append(Thinking(index: index, text: text("thinking") ?? [], seal: text("signature") ?? []))
        } else if tape.isString(type, "redacted_thinking", in: bytes) {
            guard admitsThinking() else { return }
            thinking.append(Thinking(isRedacted: true, index: index, seal: text("data") ?? []))
        }
    }

    /// A delta of a block.
    mutating func readBlockDelta(_ delta: JSONTape.Index, _ index: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        func text(_ name: StaticString) -> [UInt8]? {
            tape.member(name, of: delta, in: bytes).flatMap { tape.utf8($0, in: bytes) }
        }
        guard let type = tape.member("type", of: delta, in: bytes) else { return }
        let place = choice(0)
        if tape.isString(type, "text_delta", in: bytes) {
            if choices[place].text == nil { choices[place].text = [] }
            choices[place].append(text: tape.member("text", of: delta, in: bytes), tape, bytes)
        } else if tape.isString(type, "input_json_delta", in: bytes) {
            // Of a block that calls no tool, or has found no place, they make no call.
            guard let piece = text("partial_json"), !piece.isEmpty,
                let position = choices[place].toolCalls.firstIndex(where: { $0.index == index })
            else { return }
            // A stream starts the input as an empty object, which the pieces then replace.
            if !choices[place].toolCalls[position].isStreamed {
                choices[place].toolCalls[position].isStreamed = true
                choices[place].toolCalls[position].arguments = []
            }
            choices[place].toolCalls[position].arguments += piece
        } else if tape.isString(type, "thinking_delta", in: bytes) {
            if let last = thinking.lastIndex(where: { $0.index == index }) {
                thinking[last].text += text("thinking") ?? []
            }
        } else if tape.isString(type, "signature_delta", in: bytes) {
            if let last = thinking.lastIndex(where: { $0.index == index }) {
                thinking[last].seal += text("signature") ?? []
            }
        } else if tape.isString(type, "citations_delta", in: bytes) {
            if let citation = tape.member("citation", of: delta, in: bytes) {
                choices[place].annotations.append(tape.slice(citation, in: bytes))
            }
        }
    }
}
