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

/// The rules for content that is an object.
private struct StrictObjectCheck {
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

    private mutating func add(_ path: [InputFault.Step], rule: String, code: String = "invalid_type", _ message: String)
    {
        faults.add([.member("content")] + path, rule: rule, code: code, message)
    }

    private mutating func add(_ name: StaticString, rule: String, code: String = "invalid_type", _ message: String) {
        add([.member(name.description)], rule: rule, code: code, message)
    }

    // MARK: Messages

    /// EVT-40.
    private mutating func userMessage(in document: borrowing JSONDocument) {
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

    // MARK: Replies

    /// EVT-41 and EVT-42.
    private mutating func response(in document: borrowing JSONDocument) {
        let tape = document.tape
        if let text = document.something("content", of: content), tape.kind(text) != .string {
            add("content", rule: "content.type", "Expected the reply's text, a string or null")
        }
        if let reason = document.something("finishReason", of: content) {
            if tape.kind(reason) != .string {
                add("finishReason", rule: "content.type", "Expected a string such as stop")
            } else if let length = document.length(of: reason, over: 100) {
                add(
                    "finishReason",
                    rule: "finishReason.maxLength",
                    code: "too_big",
                    "At most 100 UTF-16 code units, got \(length)"
                )
            }
        }
        guard let calls = document.something("toolCalls", of: content) else { return }
        forEachCall(calls, in: document) { check, item, number, document in
            let place: [InputFault.Step] = [.member("toolCalls"), .item(number)]
            let function = document.something("function", of: item).flatMap {
                document.tape.kind($0) == .object ? $0 : nil
            }
            let isFlat = function == nil && document.something("name", of: item) != nil
            let call = function ?? item
            let path = isFlat ? place : place + [.member("function")]
            if function == nil && !isFlat {
                check.add(path + [.member("name")], rule: "toolCall.name.required", "Required: the tool's name")
                return
            }
            if !document.isText(document.member("name", of: call)) {
                check.add(path + [.member("name")], rule: "toolCall.name.required", "Required: the tool's name")
            }
            if let arguments = document.something("arguments", of: call), document.tape.kind(arguments) != .string {
                check.add(
                    path + [.member("arguments")],
                    rule: "toolCall.arguments.type",
                    "Expected a string that holds JSON, as the model wrote it"
                )
            }
        }
    }

    // MARK: Tools

    /// EVT-43.
    private mutating func toolCalls(in document: borrowing JSONDocument) {
        guard let calls = document.something("toolCalls", of: content) else {
            add("toolCalls", rule: "toolCalls.type", "Required: an array of {\"name\", \"arguments\"}")
            return
        }
        forEachCall(calls, in: document) { check, item, number, document in
            guard document.something("type", of: item) == nil else { return }
            let place: [InputFault.Step] = [.member("toolCalls"), .item(number)]
            if !document.isText(document.member("name", of: item)) {
                check.add(place + [.member("name")], rule: "toolCall.name.required", "Required: the tool's name")
            }
            if let arguments = document.something("arguments", of: item), document.tape.kind(arguments) != .object {
                check.add(
                    place + [.member("arguments")],
                    rule: "toolCall.arguments.type",
                    "Expected an object, not JSON in a string"
                )
            }
        }
    }

    private mutating func forEachCall(
        _ calls: JSONTape.Index,
        in document: borrowing JSONDocument,
        _ each: (inout StrictObjectCheck, JSONTape.Index, Int, borrowing JSONDocument) -> Void
    ) {
        let tape = document.tape
        guard tape.kind(calls) == .array else {
            add("toolCalls", rule: "toolCalls.type", "Expected an array of tool calls")
            return
        }
        var item = calls + 1
        var number = 0
        while item < tape.next(calls) {
            if tape.kind(item) == .object {
                each(&self, item, number, document)
            } else {
                add([.member("toolCalls"), .item(number)], rule: "toolCalls.type", "Expected an object")
            }
            item = tape.next(item)
            number += 1
        }
    }

    /// EVT-45; a tool may have returned `null`.
    private mutating func results(_ names: [StaticString], in document: borrowing JSONDocument) {
        for name in names where document.member(name, of: content) != nil { return }
        add("toolResults", rule: "toolResults.required", "Required: what the tool returned, null included")
    }

    /// EVT-46.
    private mutating func toolResult(in document: borrowing JSONDocument) {
        if !document.isText(document.member("toolName", of: content)) {
            add("toolName", rule: "toolName.required", "Required: the tool's name")
        }
        if document.member("output", of: content) == nil {
            add("output", rule: "output.required", "Required: what the tool returned, null included")
        }
    }

    /// EVT-44.
    private mutating func time(_ name: StaticString, in document: borrowing JSONDocument) {
        guard let time = document.something(name, of: content), !document.isTimestamp(time) else { return }
        add(
            name,
            rule: "\(name).format",
            code: "invalid_string",
            "Expected an RFC 3339 time with Z or an offset, such as 2026-03-28T10:15:30.000Z"
        )
    }

    // MARK: Thinking, embeddings, errors

    /// EVT-47.
    private mutating func thinking(in document: borrowing JSONDocument) {
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
    private mutating func embeddingRequest(in document: borrowing JSONDocument) {
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
    private mutating func embeddingResponse(in document: borrowing JSONDocument) {
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
    private mutating func error(in document: borrowing JSONDocument) {
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
