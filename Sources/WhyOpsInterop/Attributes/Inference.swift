import WhyOps

/// What a call of a model said and was told, from the events of its operation.
struct Inference {
    private(set) var inputs: [ChatMessage] = []
    private(set) var outputs: [ChatMessage] = []
    /// What was said apart from the messages.
    private(set) var instructions: [ChatMessage.Part] = []
    private(set) var tools: [ToolDefinition] = []
    private(set) var model: String?
    private(set) var responseModel: String?
    private(set) var provider: String?
    private(set) var responseID: String?
    private(set) var figures = TokenFigures()
    private(set) var settings = CallSettings(nil)
    /// Milliseconds to the first that a model made.
    private(set) var firstToken: Int?
    /// Why the answer ended, in the words that came.
    private(set) var finishReason: String?

    /// Endings that no provider gave: the reply broke off (EXC-53).
    private static let brokenOff: Set<String> = ["client_disconnected", "upstream_error"]

    let agentName: String

    init(_ operation: Operation) {
        agentName = operation.events[0].event.agentName
        for start in operation.starts {
            inputs += Self.inputs(of: start)
            take(start.metadata)
            tools = tools.isEmpty ? ToolDefinition.list(start.metadata?["tools"]) : tools
        }
        if let first = operation.starts.first { settings = CallSettings(first.metadata) }
        outputs = operation.answer.map(Self.outputs) ?? []
        let thoughts = operation.thoughts.compactMap(Self.reasoning)
        if !thoughts.isEmpty {
            if outputs.isEmpty { outputs = [ChatMessage(role: "assistant", parts: [])] }
            outputs[0].parts.insert(contentsOf: thoughts, at: 0)
        }
        finishReason = outputs.first?.finishReason
        for index in outputs.indices where outputs[index].finishReason.map(Self.brokenOff.contains) == true {
            // IOP-12
            outputs[index].finishReason = "error"
        }
        for event in (operation.answer.map { [$0] } ?? []) + operation.thoughts + operation.events {
            take(event.metadata)
        }
        if let metadata = operation.answer?.metadata {
            responseModel = metadata.text("responseModel")
            responseID = metadata.text("responseId")
            firstToken = metadata.count("timeToFirstTokenMs")
            figures = TokenFigures(metadata["usage"])
            if settings.values.isEmpty { settings = CallSettings(metadata) }
            if tools.isEmpty { tools = ToolDefinition.list(metadata["tools"]) }
        }
    }

    /// Takes what each of the events may say, of the first that does.
    private mutating func take(_ metadata: JSONValue?) {
        guard let metadata else { return }
        model = model ?? metadata.text("model")
        provider = provider ?? metadata.text("provider")
        // What stands among the messages already is not said twice.
        if instructions.isEmpty, !inputs.contains(where: \.isSystem), let prompt = metadata.something("systemPrompt") {
            instructions = prompt.string.map { $0.isEmpty ? [] : [.text($0)] } ?? prompt.list.map(ChatMessage.part)
        }
    }

    /// What one event asked.
    static func inputs(of event: ReadEvent) -> [ChatMessage] {
        guard event.event.eventType == .toolResult else { return ChatMessage.messages(of: event.content) }
        // The proxy keeps the history that brought a result, clients the result alone.
        let messages = ChatMessage.messages(of: event.content)
        if event.content?.kind == .array, !messages.isEmpty { return messages }
        guard case .toolResult(let view) = event.view, !view.results.isEmpty else { return messages }
        let results = view.results.map { ChatMessage.ToolResult(id: $0.id, name: $0.name, output: $0.output) }
        return [ChatMessage(role: "tool", parts: results.map { .toolResult($0) })]
    }

    /// What one event answered: a message for each choice.
    static func outputs(of event: ReadEvent) -> [ChatMessage] {
        let choices = event.content?.list("choices") ?? []
        if choices.count > 1 {
            return choices.map { choice in
                var message = message(EventView(.llmResponse, content: choice["message"] ?? choice["delta"] ?? choice))
                message.finishReason = choice.text("finish_reason", "finishReason") ?? message.finishReason
                return message
            }
        }
        return [message(event.view)]
    }

    private static func message(_ view: EventView) -> ChatMessage {
        guard case .llmResponse(let reply) = view else { return ChatMessage(role: "assistant", parts: []) }
        var parts: [ChatMessage.Part] = []
        if let text = reply.text, !text.isEmpty || reply.toolCalls.isEmpty { parts.append(.text(text)) }
        if let refusal = reply.refusal { parts.append(.refusal(refusal)) }
        for call in reply.toolCalls {
            parts.append(.toolCall(.init(id: call.id, name: call.name, arguments: call.arguments)))
        }
        return ChatMessage(role: "assistant", parts: parts, finishReason: reply.finishReason)
    }

    static func reasoning(_ event: ReadEvent) -> ChatMessage.Part? {
        guard case .llmThinking(let view) = event.view else { return nil }
        let data = view.redacted ? event.content?.text("data") : nil
        return .reasoning(.init(text: view.text, signature: view.signature, data: data))
    }
}
