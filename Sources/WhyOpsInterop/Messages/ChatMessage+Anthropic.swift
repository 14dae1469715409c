import WhyOps

// The form of Anthropic messages.

extension ChatMessage {
    /// The role that a message has there: only two take turns, and results of tools are the user's.
    var anthropicRole: String { role == "assistant" ? "assistant" : "user" }

    /// Writes the blocks of the message.
    ///
    /// - Parameter leftOut: counts the parts that the form has no place for.
    func writeAnthropicBlocks(to writer: inout JSONWriter, leftOut: inout Int) {
        for part in parts {
            switch part {
            // The interface refuses a block without text.
            case .text(let text), .refusal(let text):
                guard !text.isEmpty else { continue }
                writer.object { writer in
                    writer.member("type", "text")
                    writer.member("text", text)
                }
            case .reasoning(let thought): Self.write(thought, to: &writer, leftOut: &leftOut)
            case .toolCall(let call):
                writer.object { writer in
                    writer.member("type", "tool_use")
                    writer.member("id", call.id)
                    writer.member("name", call.name ?? "")
                    writer.name("input")
                    Self.writeInput(call.arguments, to: &writer)
                }
            case .toolResult(let result):
                writer.object { writer in
                    writer.member("type", "tool_result")
                    writer.member("tool_use_id", result.id)
                    writer.member("content", result.output ?? "")
                }
            case .media(let media):
                guard media.modality == "image" else {
                    leftOut += 1
                    continue
                }
                Self.write(media, to: &writer)
            case .other: leftOut += 1
            }
        }
    }

    private static func write(_ thought: Reasoning, to writer: inout JSONWriter, leftOut: inout Int) {
        // A thought without its seal is refused, and nobody else's seal fits.
        if let signature = thought.signature {
            writer.object { writer in
                writer.member("type", "thinking")
                writer.member("thinking", thought.text ?? "")
                writer.member("signature", signature)
            }
        } else if let data = thought.data, thought.text == nil {
            writer.object { writer in
                writer.member("type", "redacted_thinking")
                writer.member("data", data)
            }
        } else {
            leftOut += 1
        }
    }

    /// The arguments as an object, which they have to be there.
    private static func writeInput(_ arguments: String?, to writer: inout JSONWriter) {
        if let value = JSONDocument.value(arguments), value.kind == .object { return writer.raw(value.slice) }
        writer.object { writer in
            if let arguments, !arguments.isEmpty { writer.member("arguments", arguments) }
        }
    }

    private static func write(_ media: Media, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "image")
            writer.name("source")
            writer.object { writer in
                switch media.source {
                case .uri(let uri):
                    writer.member("type", "url")
                    writer.member("url", uri)
                case .base64(let data):
                    writer.member("type", "base64")
                    writer.member("media_type", media.type ?? "image/png")
                    writer.member("data", data)
                }
            }
        }
    }
}
