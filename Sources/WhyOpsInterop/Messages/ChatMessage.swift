import WhyOps

/// A message of a conversation, whichever form it came in: what all forms are read into and written from.
struct ChatMessage: Hashable, Sendable {
    /// One part of a message, in the order in which they were said.
    enum Part: Hashable, Sendable {
        case text(String)
        case refusal(String)
        case reasoning(Reasoning)
        case toolCall(ToolCall)
        case toolResult(ToolResult)
        case media(Media)
        /// What no form but its own knows, as it came.
        case other([UInt8])
    }

    /// What a model thought.
    struct Reasoning: Hashable, Sendable {
        var text: String?
        /// The provider's own seal over it, which means nothing to others.
        var signature: String?
        /// What the provider keeps to itself.
        var data: String?
    }

    /// A call of a tool; the arguments are the JSON text that the model wrote.
    struct ToolCall: Hashable, Sendable {
        var id: String?
        var name: String?
        var arguments: String?
    }

    /// What a tool gave: its text, or the JSON text of anything else.
    struct ToolResult: Hashable, Sendable {
        var id: String?
        var name: String?
        var output: String?
    }

    /// A picture or a sound, by its address or in base64.
    struct Media: Hashable, Sendable {
        enum Source: Hashable, Sendable {
            case uri(String)
            case base64(String)
        }

        var modality: String
        var type: String?
        var source: Source
    }

    var role: String
    var name: String?
    var parts: [Part]
    var finishReason: String?

    init(role: String, parts: [Part], name: String? = nil, finishReason: String? = nil) {
        self.role = role
        self.parts = parts
        self.name = name
        self.finishReason = finishReason
    }

    /// The texts of the message, joined; `nil` where it has none.
    var text: String? {
        var texts: [String] = []
        for case .text(let text) in parts { texts.append(text) }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    var toolCalls: [ToolCall] {
        parts.compactMap { part in
            if case .toolCall(let call) = part { return call }
            return nil
        }
    }

    var toolResults: [ToolResult] {
        parts.compactMap { part in
            if case .toolResult(let result) = part { return result }
            return nil
        }
    }

    var reasoning: [Reasoning] {
        parts.compactMap { part in
            if case .reasoning(let reasoning) = part { return reasoning }
            return nil
        }
    }

    var isSystem: Bool { role == "system" || role == "developer" }

    /// What tells a message from others, whoever wrote it down: thoughts and finish reasons are seldom sent back.
    var key: [String] {
        var key = [isSystem ? "system" : role]
        var texts = ""
        for part in parts {
            switch part {
            case .text(let text), .refusal(let text): texts += text
            case .toolCall(let call): key.append("call \(call.id ?? "") \(call.name ?? "")")
            case .toolResult(let result): key.append("result \(result.id ?? "") \(result.output ?? "")")
            case .media(let media): key.append("media \(media.source)")
            case .reasoning, .other: break
            }
        }
        return key + [texts]
    }
}
