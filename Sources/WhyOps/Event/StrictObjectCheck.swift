/// The rules for content that is an object.
struct StrictObjectCheck {
    let content: JSONTape.Index
    var faults: FaultList

    mutating func run(_ type: EventType, in document: borrowing JSONDocument) {
        switch type {
        case .llmThinking:
            thinking(in: document)
            return
        case .embeddingRequest:
            embeddingRequest(in: document)
            return
        case .embeddingResponse:
            embeddingResponse(in: document)
            return
        default: break
        }
        // EVT-39: what a provider sent is not checked.
        for marker: StaticString in ["type", "role", "object", "choices", "response", "tool_calls"]
        where document.member(marker, of: content) != nil { return }
        switch type {
        case .userMessage: userMessage(in: document)
        case .llmResponse: response(in: document)
        case .toolCallRequest:
            toolCalls(in: document)
            time("requestedAt", in: document)
        case .toolCallResponse:
            toolCalls(in: document)
            results(["toolResults"], in: document)
            time("respondedAt", in: document)
        case .toolCall:
            if document.something("toolName", of: content) != nil {
                toolResult(in: document)
            } else {
                toolCalls(in: document)
                results(["toolResults", "tool_results", "result"], in: document)
            }
        case .toolResult: toolResult(in: document)
        case .error: error(in: document)
        case .llmThinking, .embeddingRequest, .embeddingResponse: break
        }
    }

    mutating func add(_ path: [InputFault.Step], rule: String, code: String = "invalid_type", _ message: String) {
        faults.add([.member("content")] + path, rule: rule, code: code, message)
    }

    mutating func add(_ name: StaticString, rule: String, code: String = "invalid_type", _ message: String) {
        add([.member(name.description)], rule: rule, code: code, message)
    }

    // MARK: Messages

    /// EVT-40.
    mutating func userMessage(in document: borrowing JSONDocument) {
        let tape = document.tape
        if let text = document.something("text", of: content), tape.kind(text) != .string {
            add("text", rule: "content.type", "Expected a string")
        }
        guard let messages = document.something("messages", of: content) else { return }
        guard tape.kind(messages) == .array else {
            add("messages", rule: "content.type", "Expected an array of messages")
            return
        }
        var item = messages + 1
        var number = 0
        while item < tape.next(messages) {
            if tape.kind(item) != .object {
                add(
                    [.member("messages"), .item(number)],
                    rule: "content.type",
                    "Expected a message such as {\"role\": \"user\", \"content\": \"...\"}"
                )
            } else if document.something("type", of: item) == nil, !document.isText(document.member("role", of: item)) {
                add(
                    [.member("messages"), .item(number), .member("role")],
                    rule: "message.role.required",
                    "Required: a string such as user, assistant or system"
                )
            }
            item = tape.next(item)
            number += 1
        }
    }

    // MARK: Thinking, embeddings, errors

    /// EVT-47.
    mutating func thinking(in document: borrowing JSONDocument) {
        let type = document.member("type", of: content)
        if let type, document.isString(type, "thinking") {
            if document.member("thinking", of: content).map({ document.tape.kind($0) != .string }) ?? true {
                add("thinking", rule: "thinking.required", "Required: what was thought, a string")
            }
        } else if let type, document.isString(type, "redacted_thinking") {
            if !document.isText(document.member("data", of: content)) {
                add("data", rule: "thinking.required", "Required: the provider's data, a string")
            }
        } else {
            add(
                "type",
                rule: "thinking.type.enum",
                code: "invalid_enum_value",
                "Expected thinking or redacted_thinking"
            )
        }
    }

    /// EVT-48.
    mutating func embeddingRequest(in document: borrowing JSONDocument) {
        guard let input = document.something("input", of: content) else {
            add("input", rule: "embedding.input.required", "Required: what to embed")
            return
        }
        let tape = document.tape
        var isValid = tape.kind(input) == .string
        if tape.kind(input) == .array {
            isValid = true
            var item = input + 1
            let first = item < tape.next(input) ? tape.kind(item) : .string
            isValid = first == .string || first == .number || first == .array
            while item < tape.next(input), isValid {
                isValid = tape.kind(item) == first
                if first == .array {
                    for token in item + 1..<max(tape.next(item), item + 1) where tape.kind(token) != .number {
                        isValid = false
                    }
                }
                item = tape.next(item)
            }
        }
        if !isValid {
            add(
                "input",
                rule: "embedding.input.type",
                "Expected a string, or an array of strings, of numbers or of arrays of numbers"
            )
        }
    }

    /// EVT-49.
    mutating func embeddingResponse(in document: borrowing JSONDocument) {
        if let count = document.something("embeddingCount", of: content) {
            if document.tape.kind(count) != .number || document.wholeNumber(count) == .fraction {
                add("embeddingCount", rule: "embeddingCount.integer", "Expected a whole number")
            } else if document.isNegative(count) {
                add("embeddingCount", rule: "embeddingCount.minimum", code: "too_small", "Must be at least 0")
            }
        }
        if let format = document.something("encodingFormat", of: content), !document.isString(format, "float"),
            !document.isString(format, "base64")
        {
            add("encodingFormat", rule: "encodingFormat.enum", code: "invalid_enum_value", "Expected float or base64")
        }
    }

    /// EVT-50.
    mutating func error(in document: borrowing JSONDocument) {
        let message = document.member("message", of: content)
        if message.map({ document.tape.kind($0) != .string }) ?? true, document.something("error", of: content) == nil {
            add("message", rule: "error.message.required", "Required: what went wrong, a string")
        }
        guard let status = document.something("status", of: content) else { return }
        if document.tape.kind(status) == .number, case .value(let code) = document.wholeNumber(status),
            code >= 100, code <= 599
        {
            return
        }
        add("status", rule: "error.status.range", code: "too_big", "Expected a status from 100 to 599, or none")
    }
}
