import WhyOps

// Messages out of the flat lists that OpenLLMetry wrote before messages were JSON texts.

extension ChatMessage {
    /// Reads `gen_ai.prompt` or `gen_ai.completion`.
    ///
    /// - Parameter role: whose a message is that does not say it.
    static func flat(_ attributes: [Attribute], _ prefix: String, role: String) -> [ChatMessage] {
        attributes.items(prefix).compactMap { item in
            let calls = item.items("tool_calls").map { call in
                Part.toolCall(
                    ToolCall(id: call.text("id"), name: call.text("name"), arguments: call["arguments"]?.text)
                )
            }
            let content = item["content"]?.text
            let role = item.text("role") ?? role
            let id = item.text("tool_call_id")
            if role == "tool" || id != nil {
                let result = ToolResult(id: id, name: item.text("name"), output: content ?? "")
                return ChatMessage(role: "tool", parts: [.toolResult(result)])
            }
            var parts: [Part] = []
            if let thought = item.text("reasoning") { parts.append(.reasoning(Reasoning(text: thought))) }
            // Beside calls there is often an empty text.
            if let content, !content.isEmpty || calls.isEmpty { parts += Self.parts(content) }
            parts += calls
            guard !parts.isEmpty || item.text("role") != nil else { return nil }
            return ChatMessage(role: role, parts: parts, finishReason: item.text("finish_reason"))
        }
    }

    /// Content with several parts came as the JSON text of their list.
    private static func parts(_ content: String) -> [Part] {
        guard let value = JSONDocument.value(content), value.kind == .array, !value.children.isEmpty,
            value.children.allSatisfy({ $0["type"]?.string != nil })
        else { return [.text(content)] }
        return value.children.map(part)
    }
}
