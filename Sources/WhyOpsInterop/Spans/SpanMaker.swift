import WhyOps

/// Writes the span of an operation.
struct SpanMaker {
    private let trace: TraceNames
    private let operation: Operation
    private let options: TraceExportOptions

    init(_ trace: TraceNames, _ operation: Operation, _ options: TraceExportOptions) {
        self.trace = trace
        self.operation = operation
        self.options = options
    }

    private var withGenAI: Bool { options.conventions != .openInference }
    private var withOpenInference: Bool { options.conventions != .genAI }

    var span: OTLPSpan {
        let times = operation.times
        var span = OTLPSpan(
            traceID: trace.bytes,
            spanID: OTLPIdentifiers.span(operation.name, of: trace.id, number: operation.number),
            name: "",
            kind: .internal,
            start: nanoseconds(times.start),
            end: nanoseconds(times.end)
        )
        switch operation.kind {
        case .inference:
            let call = Inference(operation)
            span.name = ["chat", call.model].compactMap(\.self).joined(separator: " ")
            span.kind = .client
            if withGenAI { span.attributes += GenAIAttributes.of(call, options: options) }
            if withOpenInference { span.attributes += OpenInferenceAttributes.of(call, options: options) }
        case .embeddings:
            let run = EmbeddingsRun(operation)
            span.name = ["embeddings", run.model].compactMap(\.self).joined(separator: " ")
            span.kind = .client
            if withGenAI { span.attributes += GenAIAttributes.of(run, options: options) }
            if withOpenInference { span.attributes += OpenInferenceAttributes.of(run, options: options) }
        case .tool:
            let run = ToolRun(operation)
            span.name = "execute_tool \(run.name)"
            if withGenAI { span.attributes += GenAIAttributes.of(run, options: options) }
            if withOpenInference { span.attributes += OpenInferenceAttributes.of(run, options: options) }
        case .failure:
            span.name = "error"
            if withOpenInference { span.attributes.add("openinference.span.kind", "CHAIN") }
        }
        addCommon(to: &span)
        for event in operation.events { addFailure(event, to: &span) }
        return span
    }

    private func addCommon(to span: inout OTLPSpan) {
        let event = operation.events[0]
        let isOther = event.event.agentName != trace.agentName
        Self.addNames(trace, agent: event.event.agentName, id: isOther ? nil : trace.agentID, options, to: &span)
        if withGenAI { span.attributes.add("gen_ai.agent.version", operation.events.compactMap(\.agentVersion).last) }
        if options.withUsers {
            span.attributes.add("user.id", operation.events.compactMap(\.event.externalUserId).last)
        }
        // Those of the event that the span ends with: the answer's, where there is one.
        let last = operation.answer ?? operation.events[operation.events.count - 1]
        span.attributes.add("whyops.span.id", operation.spanID)
        span.attributes.add("whyops.step.id", last.event.stepId)
        span.attributes.add("whyops.step.parent", last.event.parentStepId)
        span.attributes.add("whyops.idempotency.key", last.event.idempotencyKey)
        span.attributes.add("whyops.stitch.source", operation.events.compactMap(\.source).first)
        span.attributes.append(EventRecord.attribute(operation.events, options: options))
    }

    private static func addNames(
        _ trace: TraceNames,
        agent: String,
        id: String?,
        _ options: TraceExportOptions,
        to span: inout OTLPSpan
    ) {
        if options.conventions != .openInference {
            span.attributes.add("gen_ai.agent.name", agent)
            span.attributes.add("gen_ai.agent.id", id)
            span.attributes.add("gen_ai.conversation.id", trace.conversation)
        }
        if options.conventions != .genAI {
            span.attributes.add("agent.name", agent)
            span.attributes.add("session.id", trace.conversation)
        }
        span.attributes.add("whyops.trace.id", trace.id)
    }

    /// IOP-13
    private func addFailure(_ event: ReadEvent, to span: inout OTLPSpan) {
        guard case .error(let view) = event.view else { return }
        span.status = .error
        span.attributes.add("error.type", view.status ?? "_OTHER")
        var attributes: [Attribute] = []
        attributes.add("exception.type", view.status ?? "_OTHER")
        if options.withContent {
            span.statusMessage = view.message
            attributes.add("exception.message", view.message)
            attributes.add("exception.stacktrace", event.content?.text("stack"))
        }
        span.events.append(.init(name: "exception", time: nanoseconds(event.time), attributes: attributes))
    }

    // MARK: The root

    /// The span that holds all others, which no event stands for: readers look for one without a parent (IOP-4).
    static func root(
        _ trace: TraceNames,
        _ spans: [OTLPSpan],
        events: [ReadEvent],
        loose: [ReadEvent],
        _ options: TraceExportOptions
    ) -> OTLPSpan {
        let times = events.map { nanoseconds(max(0, $0.time)) }
        var span = OTLPSpan(
            traceID: trace.bytes,
            spanID: OTLPIdentifiers.root(of: trace.id),
            name: "invoke_agent \(trace.agentName)",
            kind: .internal,
            start: (times + spans.map(\.start)).min() ?? 0,
            end: (times + spans.map(\.end)).max() ?? 0
        )
        let calls = events.lazy.compactMap { $0.metadata?.text("provider") }
        if options.conventions != .openInference {
            span.attributes.add("gen_ai.operation.name", "invoke_agent")
            span.attributes.add("gen_ai.provider.name", calls.first ?? "unknown")
        }
        if options.conventions != .genAI {
            span.attributes.add("openinference.span.kind", "AGENT")
            if options.withContent {
                OpenInferenceAttributes.value("input", question(events), to: &span.attributes)
                OpenInferenceAttributes.value("output", answer(events), to: &span.attributes)
            }
        }
        addNames(trace, agent: trace.agentName, id: trace.agentID, options, to: &span)
        span.attributes.add("whyops.synthetic", true)
        for event in loose { span.events.append(looseEvent(event, options)) }
        return span
    }

    /// The first thing that a user asked.
    private static func question(_ events: [ReadEvent]) -> String? {
        for event in events {
            if case .userMessage(let view) = event.view, let text = view.text { return text }
        }
        return nil
    }

    /// The last text of a model's.
    private static func answer(_ events: [ReadEvent]) -> String? {
        for event in events.reversed() {
            if case .llmResponse(let view) = event.view, let text = view.text, !text.isEmpty { return text }
        }
        return nil
    }

    /// What nothing came of, as an event of the root (IOP-6).
    private static func looseEvent(_ event: ReadEvent, _ options: TraceExportOptions) -> OTLPSpan.Event {
        var attributes: [Attribute] = []
        let name: String
        if event.event.eventType == .userMessage {
            name = "gen_ai.client.inference.operation.details"
            attributes.add("gen_ai.operation.name", "chat")
        } else {
            name = "whyops.\(event.event.eventType.rawValue)"
        }
        attributes.add("gen_ai.agent.name", event.event.agentName)
        if options.withContent {
            if event.event.eventType == .llmThinking {
                let parts = [Inference.reasoning(event)].compactMap(\.self)
                let message = ChatMessage(role: "assistant", parts: parts)
                attributes.add("gen_ai.output.messages", ChatMessage.genAI([message]))
            } else {
                attributes.add("gen_ai.input.messages", ChatMessage.genAI(Inference.inputs(of: event)))
            }
        }
        attributes.append(EventRecord.attribute([event], options: options))
        return OTLPSpan.Event(name: name, time: nanoseconds(event.time), attributes: attributes)
    }
}

/// Milliseconds as nanoseconds; what is before 1970 has no number there, nor has what is after 2554.
private func nanoseconds(_ milliseconds: Int64) -> UInt64 {
    UInt64(min(max(0, milliseconds), 18_446_744_073_709)) * 1_000_000
}
