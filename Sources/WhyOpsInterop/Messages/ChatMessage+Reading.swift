import WhyOps

// What vendors and clients write, read into messages.

extension ChatMessage {
    /// The messages of what was asked: a text, a list of messages, or an object with one of these (EVT-62).
    static func messages(of content: JSONValue?) -> [ChatMessage] {
        guard let content else { return [] }
        if content.string != nil { return [content].compactMap(message) }
        if content.kind == .array { return content.children.compactMap(message) }
        guard content.kind == .object else { return [] }
        if let list = content.list("messages") { return list.compactMap(message) }
        if let input = content["input"] {
            if input.string != nil { return [input].compactMap(message) }
            if input.kind == .array { return input.children.compactMap(message) }
        }
        return [content].compactMap(message)
    }

    /// One item of a history, in the form of chat completions, of Anthropic messages or of Responses.
    private static func message(_ item: JSONValue) -> ChatMessage? {
        if let text = item.string { return ChatMessage(role: "user", parts: [.text(text)]) }
        guard item.kind == .object else { return nil }
        switch item["type"]?.string {
        case "function_call", "custom_tool_call":
            return ChatMessage(role: "assistant", parts: [.toolCall(call(item))])
        case "function_call_output", "custom_tool_call_output":
            return ChatMessage(role: "tool", parts: [.toolResult(result(item))])
        case "reasoning":
            let said = (item.list("summary") ?? []) + (item.list("content") ?? [])
            let texts = said.compactMap { $0.text("text") }
            let reasoning = Reasoning(
                text: texts.isEmpty ? nil : texts.joined(separator: "\n")
            )
            return ChatMessage(role: "assistant", parts: [.reasoning(reasoning)])
        default: break
        }
        let role = item.text("role")
        if role == "tool" || role == "function" {
            return ChatMessage(role: "tool", parts: [.toolResult(result(item))])
        }
        var parts: [Part] = []
        if let thought = item.text("reasoning_content", "reasoning") {
            parts.append(.reasoning(Reasoning(text: thought)))
        }
        if let content = item["content"] {
            if let text = content.string {
                // Beside calls many clients send an empty text.
                if !text.isEmpty || item.something("tool_calls", "toolCalls") == nil { parts.append(.text(text)) }
            } else {
                parts += content.list.map(part)
            }
        } else if role != nil || item["type"] == nil, let text = item.text("text") {
            parts.append(.text(text))
        }
        if let refusal = item.text("refusal") { parts.append(.refusal(refusal)) }
        parts += (item.list("tool_calls") ?? item.list("toolCalls") ?? []).map { .toolCall(call($0)) }
        if role == nil, parts.isEmpty {
            // Items of Responses that no other form has: references, and calls of the provider's own tools.
            return item["type"] == nil ? nil : ChatMessage(role: "assistant", parts: [.other(item.slice)])
        }
        // With Anthropic it is the user who brings what tools gave.
        let results = parts.count { part in
            if case .toolResult = part { return true }
            return false
        }
        if results > 0, results == parts.count { return ChatMessage(role: "tool", parts: parts) }
        return ChatMessage(role: role ?? "user", parts: parts, name: item.text("name"))
    }

    /// One part of a message's content.
    static func part(_ item: JSONValue) -> Part {
        if let text = item.string { return .text(text) }
        switch item["type"]?.string {
        case nil, "text", "input_text", "output_text":
            if let text = item.text("text") { return .text(text) }
            // Amazon Bedrock has no types: its members name what they are.
            if let use = item["toolUse"] { return .toolCall(call(use)) }
            if let given = item["toolResult"] { return .toolResult(result(given)) }
            if let thought = item["reasoningContent"]?["reasoningText"] {
                return .reasoning(Reasoning(text: thought.text("text"), signature: thought.text("signature")))
            }
        case "refusal":
            if let text = item.text("refusal") { return .refusal(text) }
        case "tool_use", "server_tool_use":
            return .toolCall(call(item))
        case "tool_result":
            return .toolResult(result(item))
        case "thinking":
            return .reasoning(Reasoning(text: item.text("thinking"), signature: item.text("signature")))
        case "redacted_thinking":
            return .reasoning(Reasoning(data: item.text("data")))
        case "image_url", "input_image":
            if let url = item["image_url"]?.text("url") ?? item.text("image_url") { return .media(media("image", url)) }
        case "image":
            if let source = item["source"], let data = source.text("data") {
                return .media(Media(modality: "image", type: source.text("media_type"), source: .base64(data)))
            }
            if let url = item["source"]?.text("url") { return .media(media("image", url)) }
        case "input_audio":
            if let audio = item["input_audio"], let data = audio.text("data") {
                let type = audio.text("format").map { "audio/\($0)" }
                return .media(Media(modality: "audio", type: type, source: .base64(data)))
            }
        default: break
        }
        return .other(item.slice)
    }

    /// What stands behind an address, which may be the thing itself.
    static func media(_ modality: String, _ url: String) -> Media {
        guard url.hasPrefix("data:"), let comma = url.firstIndex(of: ",") else {
            return Media(modality: modality, source: .uri(url))
        }
        let head = url[url.index(url.startIndex, offsetBy: 5)..<comma]
        guard head.hasSuffix(";base64") else { return Media(modality: modality, source: .uri(url)) }
        let type = head.dropLast(7)
        return Media(
            modality: modality,
            type: type.isEmpty ? nil : String(type),
            source: .base64(String(url[url.index(after: comma)...]))
        )
    }

    private static func call(_ item: JSONValue) -> ToolCall {
        let called = item["function"].flatMap { $0.kind == .object ? $0 : nil } ?? item
        return ToolCall(
            id: item.text("call_id", "id", "toolCallId", "toolUseId"),
            name: called.text("name", "toolName"),
            arguments: called.something("arguments", "input", "args")?.anyText
        )
    }

    private static func result(_ item: JSONValue) -> ToolResult {
        ToolResult(
            id: item.text("call_id", "tool_call_id", "tool_use_id", "toolCallId", "toolUseId", "id"),
            name: item.text("name", "toolName"),
            output: (item["output"] ?? item["content"] ?? item["result"]).map(outputText)
        )
    }

    /// A string as it is, a list of texts as these, anything else as JSON.
    private static func outputText(_ value: JSONValue) -> String {
        if let text = value.string { return text }
        let texts = value.list.compactMap { item -> String? in
            if case .text(let text) = part(item) { return text }
            return nil
        }
        let isText = value.kind == .array && !texts.isEmpty && texts.count == value.list.count
        return isText ? texts.joined(separator: "\n") : value.anyText
    }
}
