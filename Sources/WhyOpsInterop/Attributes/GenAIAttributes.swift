import WhyOps

/// The attributes of OpenTelemetry's conventions for generative AI (IOP-10).
enum GenAIAttributes {
    static func of(_ call: Inference, options: TraceExportOptions) -> [Attribute] {
        var list: [Attribute] = []
        list.add("gen_ai.operation.name", "chat")
        list.add("gen_ai.provider.name", call.provider ?? "unknown")
        list.add("gen_ai.request.model", call.model)
        list.add("gen_ai.response.model", call.responseModel)
        list.add("gen_ai.response.id", call.responseID)
        list += call.settings.attributes
        let reasons = call.outputs.compactMap(\.finishReason)
        if !reasons.isEmpty {
            list.add("gen_ai.response.finish_reasons", value: .array(reasons.map { .string($0) }))
        }
        if call.finishReason != call.outputs.first?.finishReason { list.add("whyops.finish_reason", call.finishReason) }
        if let first = call.firstToken { list.add("gen_ai.response.time_to_first_chunk", value: seconds(first)) }
        list += of(call.figures)
        guard options.withContent else { return list }
        if !call.instructions.isEmpty {
            list.add("gen_ai.system_instructions", ChatMessage.genAIParts(call.instructions))
        }
        if !call.inputs.isEmpty { list.add("gen_ai.input.messages", ChatMessage.genAI(call.inputs)) }
        if !call.outputs.isEmpty { list.add("gen_ai.output.messages", ChatMessage.genAI(call.outputs)) }
        if !call.tools.isEmpty {
            let text = JSONWriter.text { writer in
                writer.array { writer in
                    for tool in call.tools { tool.writeGenAI(to: &writer) }
                }
            }
            list.add("gen_ai.tool.definitions", text)
        }
        return list
    }

    private static func of(_ figures: TokenFigures) -> [Attribute] {
        var list: [Attribute] = []
        list.add("gen_ai.usage.input_tokens", figures.input)
        list.add("gen_ai.usage.output_tokens", figures.output)
        list.add("gen_ai.usage.cache_read.input_tokens", figures.cacheRead)
        list.add("gen_ai.usage.cache_write.input_tokens", figures.cacheWrite)
        list.add("gen_ai.usage.reasoning.output_tokens", figures.reasoning)
        if figures.isExclusive { list.add("whyops.usage.cache_accounting", "exclusive") }
        return list
    }

    static func of(_ call: EmbeddingsRun, options: TraceExportOptions) -> [Attribute] {
        var list: [Attribute] = []
        list.add("gen_ai.operation.name", "embeddings")
        list.add("gen_ai.provider.name", call.provider ?? "unknown")
        list.add("gen_ai.request.model", call.model)
        list.add("gen_ai.response.model", call.responseModel)
        list.add("gen_ai.usage.input_tokens", call.tokens)
        list.add("gen_ai.embeddings.dimension.count", call.dimensions)
        list.add("whyops.embedding.count", call.count)
        if let format = call.encodingFormat {
            list.add("gen_ai.request.encoding_formats", value: .array([.string(format)]))
        }
        if options.withContent { list.add("whyops.embedding.inputs", call.input) }
        return list
    }

    static func of(_ run: ToolRun, options: TraceExportOptions) -> [Attribute] {
        var list: [Attribute] = []
        list.add("gen_ai.operation.name", "execute_tool")
        list.add("gen_ai.tool.name", run.name)
        list.add("gen_ai.tool.type", "function")
        list.add("gen_ai.tool.call.id", run.id)
        guard options.withContent else { return list }
        list.add("gen_ai.tool.call.arguments", run.arguments)
        list.add("gen_ai.tool.call.result", run.result)
        return list
    }

    /// Milliseconds as seconds, exactly.
    private static func seconds(_ milliseconds: Int) -> AttributeValue {
        let rest = String(milliseconds % 1000)
        return .double("\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.utf8.count))\(rest)")
    }
}

/// One run of an embedding model.
struct EmbeddingsRun {
    private(set) var model: String?
    private(set) var responseModel: String?
    private(set) var provider: String?
    private(set) var tokens: Int?
    private(set) var dimensions: Int?
    private(set) var count: Int?
    private(set) var encodingFormat: String?
    /// The JSON text of what was sent.
    private(set) var input: String?
    private(set) var texts: [String] = []

    init(_ operation: Operation) {
        for event in operation.events {
            model = model ?? event.metadata?.text("model")
            provider = provider ?? event.metadata?.text("provider")
        }
        if let start = operation.starts.first {
            input = start.content?["input"].map { String(decoding: $0.slice, as: UTF8.self) }
            if case .embeddingRequest(let view) = start.view { texts = view.texts }
        }
        guard let answer = operation.answer, case .embeddingResponse(let view) = answer.view else { return }
        responseModel = answer.metadata?.text("responseModel")
        tokens = TokenFigures(answer.metadata?["usage"]).input ?? answer.metadata?["usage"]?.count("totalTokens")
        dimensions = view.dimensions.flatMap { Int($0) }
        count = view.count.flatMap { Int($0) }
        encodingFormat = view.encodingFormat
    }
}

/// One run of a tool.
struct ToolRun {
    private(set) var name: String
    private(set) var id: String?
    private(set) var arguments: String?
    private(set) var result: String?

    init(_ operation: Operation) {
        var calls: [EventView.ToolCall] = []
        var results: [EventView.ToolOutput] = []
        var tool: String?
        for event in operation.events {
            tool = tool ?? event.metadata?.text("tool")
            switch event.view {
            case .toolCallRequest(let view): calls = view.toolCalls
            case .toolCallResponse(let view), .toolCall(let view):
                if calls.isEmpty { calls = view.toolCalls }
                results = view.results
            default: break
            }
        }
        name = tool ?? calls.first?.name ?? results.first?.name ?? "unknown"
        id = calls.first?.id ?? results.first?.id
        arguments = Self.text(calls.map(\.arguments))
        result = Self.text(results.map(\.output))
        let said = operation.answer?.content
        if arguments == nil, said?["input"]?.kind != .null { arguments = said?["input"]?.anyText }
    }

    /// One text as it is, several as a list.
    private static func text(_ texts: [String?]) -> String? {
        if texts.count < 2 { return texts.first ?? nil }
        return JSONWriter.text { writer in
            writer.array { writer in
                for text in texts { writer.structure(text ?? "") }
            }
        }
    }
}
