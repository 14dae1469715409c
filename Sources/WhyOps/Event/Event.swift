/// One step of an agent's run, as a client reported it or the proxy saw it.
///
/// `content` and `metadata` are the bytes that came, so that number spellings, member order and members that nobody
/// knows survive (EVT-3).
public struct Event: Hashable, Sendable {
    /// What the event records.
    public var eventType: EventType
    /// The trace that the event belongs to: 1 to 128 UTF-16 code units, opaque.
    public var traceId: String
    /// The agent that acted.
    public var agentName: String
    /// What ties the parts of one operation together, such as a tool's request and response.
    public var spanId: String?
    /// The place in the trace that the client asks for.
    public var stepId: Int?
    /// The step that led to this one.
    public var parentStepId: Int?
    /// When it happened: `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    public var timestamp: String?
    /// Any JSON text, `null` included; `nil` where the event has no content.
    public var content: [UInt8]?
    /// The JSON text of an object.
    public var metadata: [UInt8]?
    /// What makes a repeated delivery of the event recognisable.
    public var idempotencyKey: String?
    /// The end user on whose behalf the agent acted, in the client's own terms.
    public var externalUserId: String?
    /// The model provider's UUID.
    public var providerId: String?

    /// Creates an event from parts that are valid already; `EventValidator` reads one from JSON.
    public init(
        eventType: EventType,
        traceId: String,
        agentName: String,
        spanId: String? = nil,
        stepId: Int? = nil,
        parentStepId: Int? = nil,
        timestamp: String? = nil,
        content: [UInt8]? = nil,
        metadata: [UInt8]? = nil,
        idempotencyKey: String? = nil,
        externalUserId: String? = nil,
        providerId: String? = nil
    ) {
        self.eventType = eventType
        self.traceId = traceId
        self.agentName = agentName
        self.spanId = spanId
        self.stepId = stepId
        self.parentStepId = parentStepId
        self.timestamp = timestamp
        self.content = content
        self.metadata = metadata
        self.idempotencyKey = idempotencyKey
        self.externalUserId = externalUserId
        self.providerId = providerId
    }

    /// Writes the event as a JSON object, absent members left out.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("eventType", eventType.rawValue)
            writer.member("traceId", traceId)
            writer.member("agentName", agentName)
            writer.member("spanId", spanId)
            writer.member("stepId", stepId)
            writer.member("parentStepId", parentStepId)
            writer.member("timestamp", timestamp)
            writer.member("content", raw: content)
            writer.member("metadata", raw: metadata)
            writer.member("idempotencyKey", idempotencyKey)
            writer.member("externalUserId", externalUserId)
            writer.member("providerId", providerId)
        }
    }

    /// The event as a JSON text.
    public var json: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}
