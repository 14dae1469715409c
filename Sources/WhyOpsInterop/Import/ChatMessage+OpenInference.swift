import WhyOps

// Messages out of the flat lists of OpenInference.

extension ChatMessage {
    /// Reads `llm.input_messages` or `llm.output_messages`.
    static func openInference(_ attributes: [Attribute], _ prefix: String) -> [ChatMessage] {
        attributes.items(prefix).map { item in
            let role = item.text("message.role") ?? "user"
            let calls = item.items("message.tool_calls").map { call in
                Part.toolCall(
                    ToolCall(
                        id: call.text("tool_call.id"),
                        name: call.text("tool_call.function.name"),
                        arguments: call["tool_call.function.arguments"]?.text
                    )
                )
            }
            var parts: [Part] = []
            if let text = item["message.content"]?.text { parts.append(.text(text)) }
            parts += item.items("message.contents").compactMap(content)
            let id = item.text("message.tool_call_id")
            if role == "tool" || id != nil {
                let texts = parts.compactMap { part in
                    if case .text(let text) = part { return text }
                    return nil
                }
                // A list beside the content says the same once more.
                let output = item["message.content"]?.text ?? texts.joined(separator: "\n")
                let result = ToolResult(id: id, name: item.text("message.name"), output: output)
                return ChatMessage(role: "tool", parts: [.toolResult(result)])
            }
            return ChatMessage(role: role, parts: parts + calls, name: item.text("message.name"))
        }
    }

    private static func content(_ item: [Attribute]) -> Part? {
        if let url = item.text("message_content.image.image.url") { return .media(media("image", url)) }
        let text = item["message_content.text"]?.text
        if item.text("message_content.type") == "reasoning" {
            return .reasoning(
                Reasoning(
                    text: text,
                    signature: item.text("message_content.signature"),
                    data: item.text("message_content.data")
                )
            )
        }
        if item.text("message_content.type") == "whyops.other" {
            // Whoever wrote it: only JSON may stand among JSON.
            return JSONDocument.value(text).map { .other($0.slice) }
        }
        return text.map { .text($0) }
    }
}
