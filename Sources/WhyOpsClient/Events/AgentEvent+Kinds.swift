import WhyOps

extension AgentEvent {
    /// What a user, or the program in the user's place, asked.
    public static func userMessage(
        _ messages: [AgentMessage],
        metadata: UserMessageMetadata? = nil,
        options: EventOptions = EventOptions()
    ) -> AgentEvent {
        AgentEvent(.userMessage, options: options) { writer in
            writer.list("messages", messages) { $0.write(to: &$1) }
        } metadata: { writer in
            metadata?.write(to: &writer)
        }
    }

    /// What a model answered.
    public static func llmResponse(
        model: String,
        provider: String,
        content: String? = nil,
        toolCalls: [ModelToolCall] = [],
        finishReason: String? = nil,
        usage: ModelUsage? = nil,
        latencyMs: Int? = nil,
        options: EventOptions = EventOptions()
    ) -> AgentEvent {
        AgentEvent(.llmResponse, options: options) { writer in
            writer.member("content", content)
            if !toolCalls.isEmpty { writer.list("toolCalls", toolCalls) { $0.write(to: &$1) } }
            writer.member("finishReason", finishReason?.nonEmpty)
        } metadata: { writer in
            writer.member("model", model)
            writer.member("provider", provider)
            usage?.writeMember(to: &writer)
            writer.member("latencyMs", latencyMs)
        }
    }

    /// What a model thought before it answered; `signature` is the provider's.
    public static func llmThinking(
        _ thinking: String,
        signature: String? = nil,
        options: EventOptions = EventOptions()
    ) -> AgentEvent {
        AgentEvent(.llmThinking, options: options) { writer in
            writer.member("type", "thinking")
            writer.member("thinking", thinking)
            writer.member("signature", signature?.nonEmpty)
        }
    }

    /// What a model thought, as its provider gives it where nobody may read it.
    public static func redactedThinking(_ data: String, options: EventOptions = EventOptions()) -> AgentEvent {
        AgentEvent(.llmThinking, options: options) { writer in
            writer.member("type", "redacted_thinking")
            writer.member("data", data)
        }
    }

    /// Texts that were sent to be embedded.
    public static func embeddingRequest(_ inputs: [String], options: EventOptions = EventOptions()) -> AgentEvent {
        AgentEvent(.embeddingRequest, options: options) { writer in
            writer.list("input", inputs) { $1.string($0) }
        }
    }

    /// A summary of the vectors that came back.
    public static func embeddingResponse(
        model: String,
        provider: String,
        embeddingCount: Int,
        firstEmbeddingDimensions: Int,
        encodingFormat: EmbeddingEncoding = .float,
        totalTokens: Int? = nil,
        latencyMs: Int? = nil,
        options: EventOptions = EventOptions()
    ) -> AgentEvent {
        AgentEvent(.embeddingResponse, options: options) { writer in
            writer.member("object", "list")
            writer.member("embeddingCount", embeddingCount)
            writer.member("firstEmbeddingDimensions", firstEmbeddingDimensions)
            writer.member("encodingFormat", encodingFormat.text)
        } metadata: { writer in
            writer.member("model", model)
            writer.member("provider", provider)
            ModelUsage(totalTokens: totalTokens).writeMember(to: &writer)
            writer.member("latencyMs", latencyMs)
        }
    }

    /// The start of a tool's run; without a `spanId` nothing ties the response to it.
    public static func toolCallRequest(
        tool: String,
        toolCalls: [ToolCall],
        latencyMs: Int? = nil,
        requestedAt: EventTime? = nil,
        options: EventOptions = EventOptions()
    ) -> AgentEvent {
        AgentEvent(.toolCallRequest, options: options) { writer in
            writer.list("toolCalls", toolCalls) { $0.write(to: &$1) }
            writer.member("requestedAt", requestedAt?.text.nonEmpty)
        } metadata: { writer in
            writer.member("tool", tool)
            writer.member("latencyMs", latencyMs)
        }
    }

    /// The end of a tool's run, with its results.
    public static func toolCallResponse(
        tool: String,
        spanId: String,
        toolCalls: [ToolCall],
        toolResults: JSONContent,
        latencyMs: Int? = nil,
        respondedAt: EventTime? = nil,
        options: EventOptions = EventOptions()
    ) -> AgentEvent {
        var options = options
        options.spanId = spanId
        return AgentEvent(.toolCallResponse, options: options) { writer in
            writer.list("toolCalls", toolCalls) { $0.write(to: &$1) }
            writer.member("toolResults", raw: toolResults.bytes)
            writer.member("respondedAt", respondedAt?.text.nonEmpty)
        } metadata: { writer in
            writer.member("tool", tool)
            writer.member("latencyMs", latencyMs)
        }
    }

    /// A tool's output as it goes back to the model.
    public static func toolResult(
        toolName: String,
        output: JSONContent,
        options: EventOptions = EventOptions()
    ) -> AgentEvent {
        AgentEvent(.toolResult, options: options) { writer in
            writer.member("toolName", toolName)
            writer.member("output", raw: output.bytes)
        }
    }

    /// Something that went wrong.
    public static func error(
        _ message: String,
        status: Int? = nil,
        stack: String? = nil,
        options: EventOptions = EventOptions()
    ) -> AgentEvent {
        AgentEvent(.error, options: options) { writer in
            writer.member("message", message)
            writer.member("status", status)
            writer.member("stack", stack?.nonEmpty)
        }
    }
}

/// How vectors came back.
public struct EmbeddingEncoding: Sendable, Hashable {
    let text: String

    /// As numbers.
    public static var float: EmbeddingEncoding { EmbeddingEncoding(text: "float") }
    /// As text in base64.
    public static var base64: EmbeddingEncoding { EmbeddingEncoding(text: "base64") }
}

extension JSONWriter {
    /// Writes a member with an array whose items `body` writes.
    mutating func list<Item>(_ name: String, _ items: [Item], _ body: (Item, inout JSONWriter) -> Void) {
        self.name(name)
        array { writer in
            for item in items { body(item, &writer) }
        }
    }
}
