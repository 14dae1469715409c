public import WhyOps

/// An event with its JSON read once.
struct ReadEvent {
    /// What one event is to the operation that it belongs to.
    enum Part {
        case start, middle, end, whole, failure
    }

    let event: Event
    /// The agent's version that was current when the event was stored.
    let agentVersion: String?
    let content: JSONValue?
    let metadata: JSONValue?
    /// Milliseconds since 1970.
    let time: Int64

    init(_ item: TraceItem, after earlier: Int64) {
        event = item.event
        agentVersion = item.agentVersion
        content = JSONDocument.value(item.event.content)
        metadata = JSONDocument.value(item.event.metadata)
        time = item.event.timestamp.flatMap { Timestamp($0) }?.milliseconds ?? earlier
    }

    var view: EventView { EventView(event.eventType, content: content) }

    var part: Part {
        switch event.eventType {
        case .userMessage, .toolResult, .embeddingRequest, .toolCallRequest: .start
        case .llmThinking: .middle
        case .llmResponse, .embeddingResponse, .toolCallResponse: .end
        case .toolCall: .whole
        case .error: .failure
        }
    }

    /// What decided to which trace the event belongs; `nil` where a client said it (TRC-7).
    var source: String? { metadata?["stitch"]?.text("source") }

    var latency: Int? { metadata?.count("latencyMs") }

    /// The time that the content gives for itself, else that of the event.
    func time(_ member: StaticString) -> Int64 {
        content?.text(member).flatMap { Timestamp($0) }?.milliseconds ?? time
    }
}

/// An event to be exported, and what is known of it beside.
public struct TraceItem: Sendable {
    /// What is exported.
    public var event: Event
    /// The agent's version that was current when the event was stored.
    public var agentVersion: String?

    /// Combines an event and the version of its agent.
    public init(_ event: Event, agentVersion: String? = nil) {
        self.event = event
        self.agentVersion = agentVersion
    }
}
