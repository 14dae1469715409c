import WhyOps

/// One event of a trace, as ``AgentTrace/record(_:)`` takes it; each kind has a function that makes it.
public struct AgentEvent: Sendable {
    /// The kind, such as `user_message`.
    public let eventType: String
    /// What any event may say beside its content.
    public var options: EventOptions
    let content: [UInt8]
    /// The members of `metadata`; an object without any is left out.
    let metadata: [UInt8]

    init(
        _ type: EventType,
        options: EventOptions,
        content: (inout JSONWriter) -> Void,
        metadata: (inout JSONWriter) -> Void = { _ in }
    ) {
        self.eventType = type.rawValue
        self.options = options
        var writer = JSONWriter()
        writer.object(content)
        self.content = writer.bytes
        writer = JSONWriter()
        writer.object(metadata)
        self.metadata = writer.bytes
    }

    /// The event as it is sent, members in the order of the other SDKs (CLT-10, CLT-11).
    func encoded(traceId: String, agentName: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("eventType", eventType)
            writer.member("traceId", traceId)
            writer.member("agentName", agentName)
            writer.member("content", raw: content)
            if metadata.count > 2 { writer.member("metadata", raw: metadata) }
            writer.member("spanId", options.spanId?.nonEmpty)
            writer.member("stepId", options.stepId)
            writer.member("parentStepId", options.parentStepId)
            writer.member("timestamp", options.timestamp?.text.nonEmpty)
            writer.member("idempotencyKey", options.idempotencyKey?.nonEmpty)
            writer.member("externalUserId", options.externalUserId?.nonEmpty)
        }
        return writer.bytes
    }
}

extension String {
    /// The text, or nothing where it is empty.
    var nonEmpty: String? { isEmpty ? nil : self }
}
