package import WhyOps

extension EventSummary {
    /// What the analysis needs of an event (FND-2, FND-3).
    ///
    /// - Parameters:
    ///   - event: with step, span and time stamp filled in.
    ///   - id: the event's own, where it has one.
    package init(_ event: Event, id: String?) {
        let facts = EventFacts(event)
        self.init(
            id: id,
            eventType: event.eventType,
            stepId: event.stepId ?? 0,
            parentStepId: event.parentStepId,
            spanId: event.spanId ?? "",
            agentName: event.agentName,
            timestamp: event.timestamp.flatMap { Timestamp($0) } ?? Timestamp(milliseconds: 0),
            latencyMs: facts.latencyMs,
            totalTokens: facts.totalTokens,
            tool: event.metadata.flatMap { try? JSONDocument($0).root["tool"]?.string },
            model: facts.model,
            provider: facts.provider
        )
        read(content: event.content.flatMap { try? JSONDocument($0).root })
    }
}
