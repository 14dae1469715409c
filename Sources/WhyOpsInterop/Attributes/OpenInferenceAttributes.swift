import WhyOps

/// The attributes of OpenInference, whose lists are flat (IOP-16).
enum OpenInferenceAttributes {
    static func of(_ call: Inference, options: TraceExportOptions) -> [Attribute] {
        var list: [Attribute] = []
        list.add("openinference.span.kind", "LLM")
        list.add("llm.model_name", call.model ?? call.responseModel)
        list.add("llm.provider", call.provider)
        list.add("llm.system", call.provider)
        list.add("llm.invocation_parameters", call.settings.json)
        list.add("llm.finish_reason", call.outputs.first?.finishReason)
        let figures = call.figures
        list.add("llm.token_count.prompt", figures.input)
        list.add("llm.token_count.completion", figures.output)
        list.add("llm.token_count.total", figures.total)
        list.add("llm.token_count.prompt_details.cache_read", figures.cacheRead)
        list.add("llm.token_count.prompt_details.cache_write", figures.cacheWrite)
        list.add("llm.token_count.completion_details.reasoning", figures.reasoning)
        if figures.isExclusive { list.add("whyops.usage.cache_accounting", "exclusive") }
        if call.finishReason != call.outputs.first?.finishReason { list.add("whyops.finish_reason", call.finishReason) }
        list.add("whyops.response.id", call.responseID)
        list.add("whyops.response.model", call.responseModel)
        guard options.withContent else { return list }
        var inputs = call.inputs
        if !call.instructions.isEmpty {
            inputs.insert(ChatMessage(role: "system", parts: call.instructions), at: 0)
            list.add("whyops.instructions", true)
        }
        add(inputs.flatMap(\.flat), "llm.input_messages", to: &list)
        add(call.outputs, "llm.output_messages", to: &list)
        for (place, tool) in call.tools.enumerated() {
            list.add("llm.tools.\(place).tool.json_schema", String(decoding: tool.source, as: UTF8.self))
        }
        value("input", call.inputs.last.flatMap { $0.text ?? $0.toolResults.last?.output }, to: &list)
        value("output", call.outputs.first.flatMap { $0.text ?? $0.toolCalls.first?.arguments }, to: &list)
        return list
    }

    static func of(_ call: EmbeddingsRun, options: TraceExportOptions) -> [Attribute] {
        var list: [Attribute] = []
        list.add("openinference.span.kind", "EMBEDDING")
        list.add("embedding.model_name", call.model)
        list.add("llm.provider", call.provider)
        list.add("llm.token_count.prompt", call.tokens)
        list.add("llm.token_count.total", call.tokens)
        guard options.withContent else { return list }
        for (place, text) in call.texts.enumerated() {
            list.add("embedding.embeddings.\(place).embedding.text", text)
        }
        value("input", call.texts.count == 1 ? call.texts[0] : call.input, to: &list)
        return list
    }

    static func of(_ run: ToolRun, options: TraceExportOptions) -> [Attribute] {
        var list: [Attribute] = []
        list.add("openinference.span.kind", "TOOL")
        list.add("tool.name", run.name)
        list.add("tool_call.id", run.id)
        guard options.withContent else { return list }
        list.add("tool.parameters", run.arguments)
        value("input", run.arguments, to: &list)
        value("output", run.result, to: &list)
        return list
    }

    /// What is shown of a span in lists of them.
    static func value(_ name: String, _ text: String?, to list: inout [Attribute]) {
        guard let text else { return }
        let value = JSONDocument.value(text)
        let isJSON = value?.kind == .object || value?.kind == .array
        list.add("\(name).value", text)
        list.add("\(name).mime_type", isJSON ? "application/json" : "text/plain")
    }

    private static func add(_ messages: [ChatMessage], _ prefix: String, to list: inout [Attribute]) {
        for (place, message) in messages.enumerated() { add(message, "\(prefix).\(place).message", to: &list) }
    }

    private static func add(_ message: ChatMessage, _ prefix: String, to list: inout [Attribute]) {
        list.add("\(prefix).role", message.role)
        list.add("\(prefix).name", message.name)
        if let result = message.toolResults.first {
            list.add("\(prefix).tool_call_id", result.id)
            if message.name == nil { list.add("\(prefix).name", result.name) }
            list.add("\(prefix).content", result.output)
        }
        var contents: [[Attribute]] = []
        for part in message.parts {
            switch part {
            case .text(let text): contents.append(content("text", text))
            case .refusal(let text): contents.append(content("text", text))
            case .reasoning(let thought):
                var attributes = content("reasoning", thought.text)
                attributes.add("message_content.signature", thought.signature)
                attributes.add("message_content.data", thought.data)
                contents.append(attributes)
            case .media(let media):
                guard media.modality == "image" else { continue }
                var attributes = content("image", nil)
                attributes.add("message_content.image.image.url", media.url)
                contents.append(attributes)
            case .other(let raw): contents.append(content("whyops.other", String(decoding: raw, as: UTF8.self)))
            case .toolCall, .toolResult: break
            }
        }
        if contents.count == 1, case .text(let text) = message.parts.first(where: \.isContent) {
            list.add("\(prefix).content", text)
        } else {
            for (place, attributes) in contents.enumerated() {
                for attribute in attributes {
                    list.append(Attribute("\(prefix).contents.\(place).\(attribute.key)", attribute.value))
                }
            }
        }
        for (place, call) in message.toolCalls.enumerated() {
            let prefix = "\(prefix).tool_calls.\(place).tool_call"
            list.add("\(prefix).id", call.id)
            list.add("\(prefix).function.name", call.name)
            list.add("\(prefix).function.arguments", call.arguments)
        }
    }

    private static func content(_ type: String, _ text: String?) -> [Attribute] {
        var list = [Attribute("message_content.type", .string(type))]
        list.add("message_content.text", text)
        return list
    }
}

extension ChatMessage.Part {
    fileprivate var isContent: Bool {
        switch self {
        case .toolCall, .toolResult: false
        default: true
        }
    }
}

extension ChatMessage {
    /// A message for each result, since each has one id.
    var flat: [ChatMessage] {
        let results = toolResults
        guard results.count > 1 || (!results.isEmpty && parts.count > 1) else {
            return results.isEmpty ? [self] : [ChatMessage(role: "tool", parts: parts, name: name)]
        }
        let others = parts.filter { part in
            if case .toolResult = part { return false }
            return true
        }
        let own = results.map { ChatMessage(role: "tool", parts: [.toolResult($0)]) }
        return others.isEmpty ? own : own + [ChatMessage(role: role, parts: others, name: name)]
    }
}
