// How each type's view is found in the shapes that clients and providers send.

extension EventView.UserMessage {
    /// EVT-62 and EVT-63.
    init(_ content: JSONValue?) {
        self.messages = Self.items(content).compactMap { item in
            if let text = item.string { return Message(role: "user", text: text) }
            guard item.kind == .object else { return nil }
            let role = item["role"]?.string
            let text = item["content"].map { $0.text(joined: "\n") } ?? item.partText
            if role == nil, text == nil { return nil }
            return Message(role: role ?? "user", text: text ?? "")
        }
    }

    private static func items(_ content: JSONValue?) -> [JSONValue] {
        guard let content else { return [] }
        switch content.kind {
        case .string: return [content]
        case .array: return content.children
        case .object:
            if let messages = content.list("messages") { return messages.children }
            if let input = content["input"] {
                if input.kind == .string { return [input] }
                if input.kind == .array { return input.children }
            }
            return content["role"]?.kind == .string || content["text"]?.kind == .string ? [content] : []
        case .number, .true, .false, .null: return []
        }
    }
}

extension EventView.ToolCall {
    /// EVT-70.
    init(_ item: JSONValue) {
        let function = item["function"].flatMap { $0.kind == .object ? $0 : nil } ?? item
        self.id = item.firstString("call_id", "id", "toolCallId")
        self.name = function.firstString("name", "toolName")
        let names: [StaticString] = ["arguments", "input", "args"]
        self.arguments = names.lazy.compactMap { function[$0] }.first { $0.kind != .null }?.jsonText
    }

    /// The calls of a body (EVT-71).
    static func calls(of body: JSONValue?) -> [EventView.ToolCall] {
        guard let body else { return [] }
        if let list = body.list("toolCalls") ?? body.list("tool_calls") { return list.objects.map { Self($0) } }
        guard body.kind == .object, !body.isResultMessage else { return [] }
        let isCall = body["function"]?.kind == .object || body.firstString("name", "toolName") != nil
        return isCall ? [Self(body)] : []
    }
}

extension EventView.ToolOutput {
    /// EVT-73.
    init(_ message: JSONValue) {
        self.id = message.firstString("call_id", "tool_call_id", "tool_use_id", "toolCallId", "id")
        self.name = message.firstString("name", "toolName")
        self.output = (message["output"] ?? message["content"] ?? message["result"])?.jsonText
    }
}

extension EventView.ToolRun {
    /// EVT-72 to EVT-75.
    init(_ body: JSONValue?) {
        let calls = EventView.ToolCall.calls(of: body)
        self.init(toolCalls: calls, results: body.map { Self.results(of: $0, calls) } ?? [])
    }

    private static func results(of body: JSONValue, _ calls: [EventView.ToolCall]) -> [EventView.ToolOutput] {
        switch body.kind {
        case .string: return [EventView.ToolOutput(output: body.jsonText)]
        case .array:
            return body.children.flatMap { item in
                if item.isResultMessage { return [EventView.ToolOutput(item)] }
                let blocks = item.list("content")?.children ?? []
                return blocks.filter { $0.isResultMessage }.map { EventView.ToolOutput($0) }
            }
        case .object:
            if body.isResultMessage { return [EventView.ToolOutput(body)] }
            if let value = body["toolResults"] ?? body["tool_results"] ?? body["result"] {
                return results(in: value, of: calls)
            }
            return body["output"] == nil ? [] : [EventView.ToolOutput(body)]
        case .number, .true, .false, .null: return []
        }
    }

    /// EVT-75.
    private static func results(in value: JSONValue, of calls: [EventView.ToolCall]) -> [EventView.ToolOutput] {
        if value.kind == .array, calls.count >= 2 {
            let items = value.children
            if items.count == calls.count {
                return zip(calls, items).map { call, item in
                    EventView.ToolOutput(id: call.id, name: call.name, output: item.jsonText)
                }
            }
        }
        let call = calls.count == 1 ? calls.first : nil
        return [EventView.ToolOutput(id: call?.id, name: call?.name, output: value.jsonText)]
    }
}

extension EventView.Reply {
    /// EVT-65.
    init(_ body: JSONValue?) {
        self.init(text: nil, refusal: nil, toolCalls: [], finishReason: nil)
        guard let body else { return }
        switch body.kind {
        case .string: text = body.string
        case .array:
            text = body.text(joined: "")
            toolCalls = Self.calls(inBlocks: body)
        case .object:
            if let choice = body.list("choices")?.children.first, let message = Self.message(of: choice) {
                self.init(message: message)
                finishReason = choice["finish_reason"]?.string ?? finishReason
            } else if let output = body.list("output") {
                read(output: output)
                finishReason = body["incomplete_details"]?["reason"]?.string ?? body["status"]?.string
            } else {
                self.init(message: body)
            }
        case .number, .true, .false, .null: break
        }
    }

    /// EVT-68: what client libraries, the original's normaliser and providers' messages have in common.
    private init(message: JSONValue) {
        self.init(
            text: message["content"]?.text(joined: "") ?? message["text"]?.string,
            refusal: message["refusal"]?.string,
            toolCalls: (message.list("toolCalls") ?? message.list("tool_calls"))?.objects.map { EventView.ToolCall($0) }
                ?? [],
            finishReason: message.firstString("finishReason", "finish_reason", "stop_reason")
        )
        if let blocks = message.list("content") { toolCalls += Self.calls(inBlocks: blocks) }
    }

    private static func message(of choice: JSONValue) -> JSONValue? {
        if let message = choice["message"], message.kind == .object { return message }
        if let delta = choice["delta"], delta.kind == .object { return delta }
        return nil
    }

    private static func calls(inBlocks blocks: JSONValue) -> [EventView.ToolCall] {
        blocks.objects.filter { block in
            guard let type = block["type"] else { return false }
            return type.isString("tool_use") || type.isString("server_tool_use")
        }.map { EventView.ToolCall($0) }
    }

    /// EVT-67: the items of a Responses object.
    private mutating func read(output: JSONValue) {
        var words = Words()
        var refusals = Words()
        for item in output.objects {
            guard let kind = item["type"], let type = kind.string else { continue }
            if kind.isString("message") {
                words.append(item["content"]?.text(joined: ""))
                for part in item.list("content")?.objects ?? [] where part["type"]?.isString("refusal") == true {
                    refusals.append(part["refusal"]?.string)
                }
            } else if kind.isString("function_call") || kind.isString("custom_tool_call") {
                toolCalls.append(EventView.ToolCall(item))
            } else if type.utf8.suffix(5).elementsEqual("_call".utf8) {
                let action = item["action"].flatMap { $0.kind == .null ? nil : $0 }
                toolCalls.append(
                    EventView.ToolCall(
                        id: item["id"]?.string,
                        name: String(decoding: type.utf8.dropLast(5), as: UTF8.self),
                        arguments: action?.jsonText
                    )
                )
            }
        }
        text = words.text
        refusal = refusals.text
    }

    /// Texts put together in linear time; `nil` while there was none.
    private struct Words {
        private(set) var text: String?

        mutating func append(_ more: String?) {
            guard let more else { return }
            if text == nil { text = more } else { text?.append(more) }
        }
    }
}

extension EventView.Thinking {
    /// EVT-77.
    init(_ content: JSONValue?) {
        self.text = content?.string ?? content?.firstString("thinking", "text")
        self.signature = content?["signature"]?.string
        self.redacted = content?["type"]?.isString("redacted_thinking") == true
    }
}

extension EventView.EmbeddingRequest {
    /// EVT-78.
    init(_ content: JSONValue?) {
        self.init(texts: [], count: nil)
        guard let input = content?["input"] else { return }
        if let text = input.string {
            self.init(texts: [text], count: 1)
        } else if input.kind == .array {
            let items = input.children
            let strings = items.compactMap { $0.string }
            texts = strings.count == items.count ? strings : []
            count = items.first?.kind == .number ? 1 : items.count
        }
    }
}

extension EventView.EmbeddingResponse {
    /// EVT-79.
    init(_ content: JSONValue?) {
        let data = content?.list("data")
        let embedding = data?.children.first?["embedding"]
        self.count = content?["embeddingCount"]?.numberText ?? data.map { String($0.children.count) }
        let length = embedding.flatMap { $0.kind == .array ? String($0.children.count) : nil }
        self.dimensions = content?["firstEmbeddingDimensions"]?.numberText ?? length
        var format = content?["encodingFormat"]?.string
        if format == nil, let embedding {
            format = embedding.kind == .array ? "float" : embedding.kind == .string ? "base64" : nil
        }
        self.encodingFormat = format
    }
}

extension EventView.Failure {
    /// EVT-80.
    init(_ content: JSONValue?) {
        self.init(message: content?.string ?? content?.firstString("message", "error"), status: nil)
        if message == nil, let error = content?["error"], error.kind != .null {
            message = error["message"]?.string ?? error.jsonText
        }
        status = content?["status"]?.numberText
    }
}
