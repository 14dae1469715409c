import WhyOps

// The form of chat completions.

extension ChatMessage {
    /// Writes the message as chat completions have it; results of tools become messages of their own.
    ///
    /// - Parameters:
    ///   - leftOut: counts the parts that the form has no place for.
    ///   - keepsAll: whether these are written among the others all the same, as events keep them.
    func writeOpenAI(to writer: inout JSONWriter, leftOut: inout Int, keepsAll: Bool = false) {
        let results = toolResults
        for result in results {
            writer.object { writer in
                writer.member("role", "tool")
                writer.member("tool_call_id", result.id)
                writer.member("name", result.name)
                writer.member("content", result.output ?? "")
            }
        }
        let others = parts.filter { part in
            if case .toolResult = part { return false }
            return true
        }
        // Of a message that only brought results nothing is left.
        guard results.isEmpty || !others.isEmpty else { return }
        var dropped = 0
        writer.object { writer in
            writer.member("role", role)
            writer.member("name", name)
            writer.name("content")
            Self.writeContent(others, keepsAll: keepsAll, to: &writer, leftOut: &dropped)
            for case .refusal(let text) in others { writer.member("refusal", text) }
            let calls = toolCalls
            guard !calls.isEmpty else { return }
            writer.name("tool_calls")
            writer.array { writer in
                for call in calls { call.writeOpenAI(to: &writer) }
            }
        }
        leftOut += dropped
    }

    /// One text is a string; several, or one with pictures, are a list.
    private static func writeContent(
        _ parts: [Part],
        keepsAll: Bool,
        to writer: inout JSONWriter,
        leftOut: inout Int
    ) {
        var texts: [String] = []
        var isList = false
        for part in parts {
            switch part {
            case .text(let text): texts.append(text)
            case .media: isList = true
            case .other, .reasoning:
                if keepsAll { isList = true } else { leftOut += 1 }
            case .refusal, .toolCall, .toolResult: break
            }
        }
        if !isList, texts.count < 2 {
            if let text = texts.first { writer.string(text) } else { writer.null() }
            return
        }
        writer.array { writer in
            for part in parts {
                switch part {
                case .text(let text):
                    writer.object { writer in
                        writer.member("type", "text")
                        writer.member("text", text)
                    }
                case .media(let media): media.writeOpenAI(to: &writer)
                case .reasoning(let thought): if keepsAll { thought.write(to: &writer) }
                case .other(let raw): if keepsAll { writer.raw(raw) }
                case .refusal, .toolCall, .toolResult: break
                }
            }
        }
    }
}

extension ChatMessage.ToolCall {
    func writeOpenAI(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("type", "function")
            writer.name("function")
            writer.object { writer in
                writer.member("name", name ?? "")
                writer.member("arguments", arguments ?? "")
            }
        }
    }
}

extension ChatMessage.Media {
    /// The address, or the thing itself as one.
    var url: String {
        switch source {
        case .uri(let uri): uri
        case .base64(let data): "data:\(type ?? "application/octet-stream");base64,\(data)"
        }
    }

    fileprivate func writeOpenAI(to writer: inout JSONWriter) {
        writer.object { writer in
            if modality == "audio", case .base64(let data) = source {
                writer.member("type", "input_audio")
                writer.name("input_audio")
                writer.object { writer in
                    writer.member("data", data)
                    writer.member("format", type.map { String($0.split(separator: "/").last ?? "") })
                }
                return
            }
            writer.member("type", "image_url")
            writer.name("image_url")
            writer.object { $0.member("url", url) }
        }
    }
}

extension ChatMessage.Reasoning {
    /// The thought as a block of Anthropic's, which readers of events know.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            let isRedacted = data != nil && text == nil
            writer.member("type", isRedacted ? "redacted_thinking" : "thinking")
            if !isRedacted { writer.member("thinking", text ?? "") }
            writer.member("signature", signature)
            writer.member("data", data)
        }
    }
}
