/// What profile `strict` asks of content (EVT-37 to EVT-51).
struct StrictContentRules {
    let type: EventType

    /// Reports every rule that the content of an event breaks.
    func check(_ content: JSONTape.Index?, in document: borrowing JSONDocument, _ faults: inout FaultList) {
        guard let content, document.tape.kind(content) != .null else {
            guard type != .userMessage else { return }
            faults.add("content", rule: "content.required", code: "invalid_type", "Required: \(expected)")
            return
        }
        guard accepts(document.tape.kind(content)) else {
            faults.add("content", rule: "content.type", code: "invalid_type", "Expected \(expected)")
            return
        }
        guard document.tape.kind(content) == .object else { return }
        var check = StrictObjectCheck(content: content, faults: faults)
        check.run(type, in: document)
        faults = check.faults
    }

    /// EVT-38.
    private func accepts(_ kind: JSONTape.Kind) -> Bool {
        switch kind {
        case .object: true
        case .string: type == .userMessage || type == .error
        case .array: type == .userMessage || type == .toolResult
        default: false
        }
    }

    private var expected: String {
        switch type {
        case .userMessage: "{\"messages\": [{\"role\", \"content\"}]}, an array of messages or a string"
        case .llmResponse: "an object such as {\"content\": \"...\", \"finishReason\": \"stop\"}"
        case .llmThinking: "{\"type\": \"thinking\", \"thinking\": \"...\"}"
        case .embeddingRequest: "{\"input\": ...}"
        case .embeddingResponse: "{\"object\": \"list\", \"embeddingCount\": 1}"
        case .toolCallRequest: "{\"toolCalls\": [{\"name\", \"arguments\"}]}"
        case .toolCallResponse, .toolCall: "{\"toolCalls\": [{\"name\", \"arguments\"}], \"toolResults\": ...}"
        case .toolResult: "{\"toolName\": \"...\", \"output\": ...} or an array of messages"
        case .error: "{\"message\": \"...\"} or a string"
        }
    }
}
