import WhyOps

/// The events that a span stands for (IOP-30).
struct SpanReading {
    let foreign: ForeignSpan
    let names: ForeignNames
    let kind: Kind

    enum Kind {
        case inference, embeddings, tool, failure, root
    }

    var attributes: [Attribute] { foreign.span.attributes }

    /// `nil` for spans that are about neither models nor tools.
    init?(_ foreign: ForeignSpan, _ names: ForeignNames) {
        guard let kind = Self.kind(of: foreign.span) else { return nil }
        self.foreign = foreign
        self.names = names
        self.kind = kind
    }

    private static func kind(of span: OTLPSpan) -> Kind? {
        let attributes = span.attributes
        if attributes["whyops.synthetic"] == .boolean(true) { return .root }
        switch attributes.text("gen_ai.operation.name") {
        case "chat", "text_completion", "generate_content", "completion": return .inference
        case "embeddings", "embedding": return .embeddings
        case "execute_tool": return .tool
        case .some: return nil
        case nil: break
        }
        switch attributes.text("openinference.span.kind") {
        case "LLM", "llm": return .inference
        case "EMBEDDING", "embedding": return .embeddings
        case "TOOL", "tool": return .tool
        default: break
        }
        // What OpenLLMetry says of spans that have no operation.
        if attributes.text("traceloop.span.kind") == "tool" { return .tool }
        switch attributes.text("llm.request.type") {
        case "chat", "completion": return .inference
        case "embedding": return .embeddings
        case "rerank": return nil
        default: break
        }
        let records = EventRecord.list(attributes)
        if !records.isEmpty, records.allSatisfy({ $0.eventType == .error }) { return .failure }
        // Programs of before the operation had a name.
        let hasModel = attributes.text("gen_ai.request.model", "gen_ai.response.model", "llm.model_name") != nil
        let hasKind = attributes.text("openinference.span.kind") != nil
        return hasModel && !hasKind ? .inference : nil
    }

    var events: [Event] {
        switch kind {
        case .root: return looseEvents
        case .inference: return events(of: InferenceReading(attributes, foreign.span.events))
        case .embeddings: return make(EventRecord.list(attributes), orElse: embeddingRecords) { embedding($0) }
        case .tool: return make(EventRecord.list(attributes), orElse: toolRecords) { tool($0) }
        case .failure: return make(EventRecord.list(attributes), orElse: []) { failure($0) }
        }
    }

    // MARK: Models

    private func events(of call: InferenceReading) -> [Event] {
        var standard: [EventRecord] = []
        if !call.inputs.isEmpty {
            let bringsResult = call.inputs.last?.toolResults.isEmpty == false
            standard.append(EventRecord(bringsResult ? .toolResult : .userMessage, messages: call.inputs.count))
        }
        standard += call.outputs.first?.reasoning.map { _ in EventRecord(.llmThinking) } ?? []
        let isError = foreign.span.status == .error
        if !call.outputs.isEmpty || !isError { standard.append(EventRecord(.llmResponse)) }
        if isError { standard.append(EventRecord(.error)) }
        var inputs = call.inputs[...]
        var thoughts = (call.outputs.first?.reasoning ?? [])[...]
        let records = EventRecord.list(attributes)
        var questions = records.count { $0.eventType == .userMessage || $0.eventType == .toolResult }
        return make(records, orElse: standard) { record in
            switch record.eventType {
            case .userMessage, .toolResult:
                questions -= 1
                // Somebody may have changed the messages: the last question has what is left of them.
                let own = inputs.prefix(questions > 0 ? max(0, record.messages ?? inputs.count) : inputs.count)
                inputs = inputs.dropFirst(own.count)
                return call.request(Array(own), record)
            case .llmThinking: return call.thinking(thoughts.popFirst(), record)
            case .error: return failure(record)
            default: return call.response(latency: latency, record)
            }
        }
    }

    private var looseEvents: [Event] {
        foreign.span.events.enumerated().flatMap { place, event -> [Event] in
            let call = InferenceReading(event.attributes)
            return make(EventRecord.list(event.attributes), orElse: [], at: event, number: place) { record in
                record.eventType == .llmThinking
                    ? call.thinking(call.outputs.first?.reasoning.first, record) : call.request(call.inputs, record)
            }
        }
    }

    // MARK: What went wrong

    /// The message of an exception that was recorded, else that of the status.
    func failure(_ record: EventRecord) -> Said {
        let exception = foreign.span.events.last { $0.name == "exception" }?.attributes ?? []
        let type = attributes.text("error.type") ?? exception.text("exception.type")
        let message = exception.text("exception.message") ?? foreign.span.statusMessage ?? type
        var content = JSONWriter()
        content.object { writer in
            writer.member("message", message ?? "error")
            if let type, let status = Int(type), (100...599).contains(status) { writer.member("status", status) }
            writer.member("stack", exception.text("exception.stacktrace"))
        }
        var metadata = JSONWriter()
        metadata.object { writer in
            writer.member("model", attributes.model)
            writer.member("provider", attributes.provider)
            writer.stitch(record.source)
        }
        return Said(content: content.bytes, metadata: metadata.bytes)
    }

    var latency: Int {
        let span = foreign.span
        return span.end > span.start ? Int(clamping: (span.end - span.start) / 1_000_000) : 0
    }
}

/// Content and metadata of an event.
struct Said {
    var content: [UInt8]
    var metadata: [UInt8]
}

extension SpanReading {
    /// Makes the events of records, with what is written for each.
    ///
    /// - Parameter standard: the records where the span has none of ours.
    func make(
        _ records: [EventRecord],
        orElse standard: [EventRecord],
        at event: OTLPSpan.Event? = nil,
        number: Int? = nil,
        _ write: (EventRecord) -> Said
    ) -> [Event] {
        let span = foreign.span
        let trace = names.trace(of: span)
        let agent = (event?.attributes.text("gen_ai.agent.name")).flatMap { $0.isName(of: 255) ? $0 : nil }
        let isExact = records.contains { $0.content != nil || $0.metadata != nil }
        // The ids of spans are no conversation's (IOP-9).
        let source = records.isEmpty && names.named(span) == nil ? "otlp" : nil
        return (records.isEmpty ? standard : records).enumerated().map { place, record in
            var record = record
            record.source = record.source ?? source
            let said = isExact ? nil : write(record)
            let isStart = [.userMessage, .toolResult, .embeddingRequest, .toolCallRequest].contains(record.eventType)
            let time = event?.time ?? (isStart ? span.start : span.end)
            let key = "otlp:\(Hex.text(span.traceID)):\(Hex.text(span.spanID)):" + (number.map { "\($0)." } ?? "")
            let user =
                record.user
                ?? attributes.text(
                    "user.id",
                    "enduser.id",
                    "langfuse.user.id",
                    "traceloop.association.properties.user_id"
                )
            return Event(
                eventType: record.eventType,
                traceId: trace,
                agentName: agent ?? names.agent(of: foreign),
                spanId: record.spanID ?? attributes.text("whyops.span.id").flatMap { $0.isName(of: 128) ? $0 : nil }
                    ?? Hex.text(span.spanID),
                stepId: record.stepID,
                parentStepId: record.parentStepID,
                timestamp: record.timestamp ?? Timestamp(milliseconds: Int64(clamping: time / 1_000_000)).text,
                content: isExact ? record.content : said?.content,
                metadata: isExact ? record.metadata : said?.metadata,
                // Whoever imports the same spans twice has their events once.
                idempotencyKey: record.idempotencyKey ?? "\(key)\(place).\(record.eventType.rawValue)",
                externalUserId: user.flatMap { $0.isName(of: 255) ? $0 : nil },
                providerId: record.providerID
            )
        }
    }
}
