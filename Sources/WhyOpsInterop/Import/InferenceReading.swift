import WhyOps

/// What a span says of a call of a model, under any of the names in use (IOP-32).
struct InferenceReading {
    private let attributes: [Attribute]
    private(set) var inputs: [ChatMessage]
    private(set) var outputs: [ChatMessage]
    private var systemPrompt: String?

    init(_ own: [Attribute], _ events: [OTLPSpan.Event] = []) {
        // The last of a name counts: the span's own.
        let attributes = EventMessages.details(events) + own
        self.attributes = attributes
        inputs = ChatMessage.genAIMessages(JSONDocument.value(attributes["gen_ai.input.messages"]?.text))
        outputs = ChatMessage.genAIMessages(JSONDocument.value(attributes["gen_ai.output.messages"]?.text))
        if inputs.isEmpty {
            inputs = ChatMessage.openInference(attributes, "llm.input_messages")
            // There is no other place for what was said apart from the messages.
            if attributes["whyops.instructions"] == .boolean(true), inputs.first?.isSystem == true {
                systemPrompt = inputs.removeFirst().text
            }
        }
        if outputs.isEmpty { outputs = ChatMessage.openInference(attributes, "llm.output_messages") }
        if inputs.isEmpty { inputs = ChatMessage.flat(attributes, "gen_ai.prompt", role: "user") }
        if outputs.isEmpty { outputs = ChatMessage.flat(attributes, "gen_ai.completion", role: "assistant") }
        if inputs.isEmpty || outputs.isEmpty {
            let said = EventMessages(events)
            if inputs.isEmpty { inputs = said.inputs }
            if outputs.isEmpty { outputs = said.outputs }
        }
        if inputs.isEmpty, let text = attributes.text("input.value") {
            inputs = [ChatMessage(role: "user", parts: [.text(text)])]
        }
        if outputs.isEmpty, let text = attributes.text("output.value") {
            outputs = [ChatMessage(role: "assistant", parts: [.text(text)])]
        }
        if let value = JSONDocument.value(attributes["gen_ai.system_instructions"]?.text) {
            let texts = (value.kind == .array ? value.children : [value]).compactMap { item -> String? in
                if case .text(let text) = ChatMessage.genAIPart(item) { return text }
                return nil
            }
            systemPrompt = texts.isEmpty ? nil : texts.joined(separator: "\n")
        } else if let text = attributes.text("gen_ai.system_instructions") {
            systemPrompt = text
        }
        systemPrompt = systemPrompt ?? inputs.first { $0.isSystem }?.text
    }

    /// What was asked.
    func request(_ messages: [ChatMessage], _ record: EventRecord) -> Said {
        var content = JSONWriter()
        var ignored = 0
        content.array { writer in
            for message in messages { message.writeOpenAI(to: &writer, leftOut: &ignored, keepsAll: true) }
        }
        var metadata = JSONWriter()
        metadata.object { writer in
            writer.member("model", attributes.model)
            writer.member("provider", attributes.provider)
            writer.member("systemPrompt", systemPrompt)
            writeTools(to: &writer)
            CallSettings.write(attributes, to: &writer)
            writer.stitch(record.source)
        }
        return Said(content: content.bytes, metadata: metadata.bytes)
    }

    private func writeTools(to writer: inout JSONWriter) {
        // These are whole, those of the other conventions made uniform.
        var tools = attributes.items("llm.tools").compactMap { item in
            JSONDocument.value(item["tool.json_schema"]?.text).map { ToolDefinition($0) }
        }
        if tools.isEmpty {
            tools = ToolDefinition.list(JSONDocument.value(attributes["gen_ai.tool.definitions"]?.text))
        }
        if tools.isEmpty { tools = attributes.items("llm.request.functions").compactMap(ToolDefinition.init) }
        guard !tools.isEmpty else { return }
        writer.name("tools")
        writer.array { writer in
            for tool in tools { tool.write(to: &writer) }
        }
    }

    /// What a model thought.
    func thinking(_ thought: ChatMessage.Reasoning?, _ record: EventRecord) -> Said {
        let isRedacted = thought?.data != nil && thought?.text?.isEmpty != false
        var content = JSONWriter()
        content.object { writer in
            writer.member("type", isRedacted ? "redacted_thinking" : "thinking")
            if !isRedacted { writer.member("thinking", thought?.text ?? "") }
            writer.member("signature", thought?.signature)
            writer.member("data", thought?.data)
        }
        var metadata = JSONWriter()
        metadata.object { writer in
            writer.member("model", attributes.model)
            writer.member("provider", attributes.provider)
            writer.stitch(record.source)
        }
        return Said(content: content.bytes, metadata: metadata.bytes)
    }

    /// What was answered; thoughts are events of their own.
    func response(latency: Int, _ record: EventRecord) -> Said {
        let reasons = attributes["gen_ai.response.finish_reasons"]
        var content = JSONWriter()
        content.object { writer in
            write(outputs.first, reason(0, reasons), to: &writer)
            guard outputs.count > 1 else { return }
            writer.name("choices")
            writer.array { writer in
                for (place, output) in outputs.enumerated() {
                    writer.object { writer in
                        writer.member("index", place)
                        write(output, reason(place, reasons), to: &writer)
                    }
                }
            }
        }
        var figures = TokenFigures()
        figures.input = attributes.inputTokens
        figures.output = attributes.outputTokens
        figures.cacheRead = attributes.cacheReadTokens
        figures.cacheWrite = attributes.cacheWriteTokens
        figures.reasoning = attributes.reasoningTokens
        figures.isExclusive = attributes.text("whyops.usage.cache_accounting") == "exclusive"
        var metadata = JSONWriter()
        metadata.object { writer in
            // Both have to be there (EVT-13).
            writer.member("model", attributes.model ?? "unknown")
            writer.member("provider", attributes.provider ?? "unknown")
            writer.member("responseModel", attributes.text("gen_ai.response.model", "whyops.response.model"))
            writer.member("responseId", attributes.text("gen_ai.response.id", "whyops.response.id"))
            if !figures.isEmpty {
                writer.name("usage")
                figures.write(to: &writer)
            }
            writer.member("latencyMs", latency)
            writer.member("timeToFirstTokenMs", firstToken)
            writer.stitch(record.source)
        }
        return Said(content: content.bytes, metadata: metadata.bytes)
    }

    private var firstToken: Int? {
        guard let text = attributes.text("gen_ai.response.time_to_first_chunk"), let seconds = Double(text),
            seconds >= 0, seconds < 1e9
        else { return nil }
        return Int((seconds * 1000).rounded())
    }

    private func reason(_ place: Int, _ reasons: AttributeValue?) -> String? {
        if place == 0, let own = attributes.text("whyops.finish_reason") { return own }
        if case .array(let list) = reasons, list.indices.contains(place) { return list[place].text }
        if outputs.indices.contains(place), let reason = outputs[place].finishReason { return reason }
        return place == 0 ? attributes.text("llm.finish_reason") : nil
    }

    private func write(_ message: ChatMessage?, _ reason: String?, to writer: inout JSONWriter) {
        writer.member("content", message?.text)
        let calls = message?.toolCalls ?? []
        if !calls.isEmpty {
            writer.name("toolCalls")
            writer.array { writer in
                for call in calls { call.writeOpenAI(to: &writer) }
            }
        }
        writer.member("finishReason", reason.flatMap { $0.isName(of: 255) ? $0 : nil })
        for case .refusal(let text) in message?.parts ?? [] { writer.member("refusal", text) }
    }
}

extension JSONWriter {
    /// What decided to which trace an event belongs.
    mutating func stitch(_ source: String?) {
        guard let source else { return }
        name("stitch")
        object { $0.member("source", source) }
    }
}

/// The names that are in use for the same (IOP-32).
extension [Attribute] {
    var model: String? {
        let name = text(
            "gen_ai.request.model",
            "llm.model_name",
            "llm.request.model_name",
            "embedding.model_name",
            "gen_ai.response.model"
        )
        return name.flatMap { $0.isName(of: 255) ? $0 : nil }
    }

    var provider: String? {
        let name = text("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
        return name.flatMap { $0.isName(of: 255) ? $0 : nil }
    }

    var inputTokens: Int? {
        count(
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "llm.usage.prompt_tokens",
            "llm.usage.input_tokens"
        )
    }

    var outputTokens: Int? {
        count(
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "llm.usage.completion_tokens",
            "llm.usage.output_tokens"
        )
    }

    var cacheReadTokens: Int? {
        count(
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.cached_input_tokens",
            "llm.token_count.prompt_details.cache_read"
        )
    }

    var cacheWriteTokens: Int? {
        count(
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_write_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "llm.token_count.prompt_details.cache_write"
        )
    }

    var reasoningTokens: Int? {
        count("gen_ai.usage.reasoning.output_tokens", "llm.token_count.completion_details.reasoning")
    }
}
