import WhyOps

// The form of `gen_ai.input.messages` and `gen_ai.output.messages`.

extension ChatMessage {
    /// Messages as one JSON text, which is what every reader of attributes takes.
    static func genAI(_ messages: [ChatMessage]) -> String {
        JSONWriter.text { writer in
            writer.array { writer in
                for message in messages { message.writeGenAI(to: &writer) }
            }
        }
    }

    /// The parts of instructions as one JSON text.
    static func genAIParts(_ parts: [Part]) -> String {
        JSONWriter.text { writer in
            writer.array { writer in
                for part in parts { part.writeGenAI(to: &writer) }
            }
        }
    }

    private func writeGenAI(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("role", role)
            writer.member("name", name)
            writer.name("parts")
            writer.array { writer in
                for part in parts { part.writeGenAI(to: &writer) }
            }
            writer.member("finish_reason", finishReason)
        }
    }

    /// Reads messages; also those of vendors, which some write in the attribute's place.
    static func genAIMessages(_ value: JSONValue?) -> [ChatMessage] {
        guard let value else { return [] }
        let items = value.kind == .object ? [value] : value.list
        return items.flatMap { item -> [ChatMessage] in
            guard let parts = item.list("parts") else {
                let object = JSONWriter.text { writer in writer.array { $0.raw(item.slice) } }
                return messages(of: JSONDocument.value(object))
            }
            return [
                ChatMessage(
                    role: item.text("role") ?? "user",
                    parts: parts.map(genAIPart),
                    name: item.text("name"),
                    finishReason: item.text("finish_reason")
                )
            ]
        }
    }

    /// Reads one part.
    static func genAIPart(_ item: JSONValue) -> Part {
        if let text = item.string { return .text(text) }
        switch item["type"]?.string {
        case "text": if let text = item.text("content", "text") { return .text(text) }
        case "refusal": if let text = item.text("content") { return .refusal(text) }
        case "reasoning":
            return .reasoning(
                Reasoning(
                    // What is redacted has none, and is written with an empty one.
                    text: item.text("content").flatMap { $0.isEmpty ? nil : $0 },
                    signature: item.text("whyops.thinking.signature", "signature"),
                    data: item.text("whyops.thinking.data", "data")
                )
            )
        case "tool_call", "server_tool_call":
            let arguments = item.something("arguments")?.anyText
            return .toolCall(ToolCall(id: item.text("id"), name: item.text("name"), arguments: arguments))
        case "tool_call_response", "server_tool_call_response":
            let output = item.something("response", "result")?.anyText
            return .toolResult(ToolResult(id: item.text("id"), name: item.text("name"), output: output))
        case "blob":
            if let data = item.text("content", "data") {
                let modality = item.text("modality") ?? "image"
                return .media(Media(modality: modality, type: item.text("mime_type"), source: .base64(data)))
            }
        case "uri":
            if let uri = item.text("uri") {
                let modality = item.text("modality") ?? "image"
                return .media(Media(modality: modality, type: item.text("mime_type"), source: .uri(uri)))
            }
        case "whyops.other": if let raw = item["content"] { return .other(raw.slice) }
        default: break
        }
        return .other(item.slice)
    }
}

extension ChatMessage.Part {
    fileprivate func writeGenAI(to writer: inout JSONWriter) {
        writer.object { writer in
            switch self {
            case .text(let text):
                writer.member("type", "text")
                writer.member("content", text)
            case .refusal(let text):
                writer.member("type", "refusal")
                writer.member("content", text)
            case .reasoning(let thought):
                writer.member("type", "reasoning")
                writer.member("content", thought.text ?? "")
                writer.member("whyops.thinking.signature", thought.signature)
                writer.member("whyops.thinking.data", thought.data)
            case .toolCall(let call):
                writer.member("type", "tool_call")
                writer.member("id", call.id)
                writer.member("name", call.name ?? "")
                if let arguments = call.arguments {
                    writer.name("arguments")
                    writer.structure(arguments)
                }
            case .toolResult(let result):
                writer.member("type", "tool_call_response")
                writer.member("id", result.id)
                writer.member("name", result.name)
                writer.name("response")
                writer.structure(result.output ?? "")
            case .media(let media):
                switch media.source {
                case .uri(let uri):
                    writer.member("type", "uri")
                    writer.member("modality", media.modality)
                    writer.member("mime_type", media.type)
                    writer.member("uri", uri)
                case .base64(let data):
                    writer.member("type", "blob")
                    writer.member("modality", media.modality)
                    writer.member("mime_type", media.type)
                    writer.member("content", data)
                }
            case .other(let raw):
                writer.member("type", "whyops.other")
                writer.member("content", raw: raw)
            }
        }
    }
}
