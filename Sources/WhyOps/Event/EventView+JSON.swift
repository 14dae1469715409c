extension EventView {
    /// Writes the members of the type's view, all of them: what was not found is `null`, or `[]` for a list (EVT-60).
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            switch self {
            case .userMessage(let view):
                writer.list("messages", view.messages) { writer, message in
                    writer.text("role", message.role)
                    writer.text("text", message.text)
                }
                writer.text("text", view.text)
            case .llmResponse(let view):
                writer.text("text", view.text)
                writer.text("refusal", view.refusal)
                writer.calls(view.toolCalls)
                writer.text("finishReason", view.finishReason)
            case .llmThinking(let view):
                writer.text("text", view.text)
                writer.text("signature", view.signature)
                writer.member("redacted", view.redacted)
            case .embeddingRequest(let view):
                writer.name("texts")
                writer.array { writer in
                    for text in view.texts { writer.string(text) }
                }
                writer.number("count", view.count.map { String($0) })
            case .embeddingResponse(let view):
                writer.number("count", view.count)
                writer.number("dimensions", view.dimensions)
                writer.text("encodingFormat", view.encodingFormat)
            case .toolCallRequest(let view):
                writer.calls(view.toolCalls)
            case .toolCallResponse(let view), .toolCall(let view):
                writer.calls(view.toolCalls)
                writer.results(view.results)
            case .toolResult(let view):
                writer.results(view.results)
            case .error(let view):
                writer.text("message", view.message)
                writer.number("status", view.status)
            }
        }
    }

    /// The view as a JSON text.
    public var json: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func text(_ name: String, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    /// A number as it was spelled.
    fileprivate mutating func number(_ name: String, _ spelling: String?) {
        self.name(name)
        if let spelling { raw(Array(spelling.utf8)) } else { null() }
    }

    fileprivate mutating func list<Item>(_ name: String, _ items: [Item], _ body: (inout JSONWriter, Item) -> Void) {
        self.name(name)
        array { writer in
            for item in items { writer.object { writer in body(&writer, item) } }
        }
    }

    fileprivate mutating func calls(_ calls: [EventView.ToolCall]) {
        list("toolCalls", calls) { writer, call in
            writer.text("id", call.id)
            writer.text("name", call.name)
            writer.text("arguments", call.arguments)
        }
    }

    fileprivate mutating func results(_ results: [EventView.ToolOutput]) {
        list("results", results) { writer, result in
            writer.text("id", result.id)
            writer.text("name", result.name)
            writer.text("output", result.output)
        }
    }
}
