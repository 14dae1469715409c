import WhyOps

/// What a span does not say of the events that it stands for, in `whyops.events`: their own ids, steps and times
/// (IOP-14).
struct EventRecord: Hashable {
    var eventType: EventType
    var spanID: String?
    var stepID: Int?
    var parentStepID: Int?
    var timestamp: String?
    var idempotencyKey: String?
    var source: String?
    var providerID: String?
    var user: String?
    /// How many of the span's messages are those of the event; `nil` where it is not one that asks.
    var messages: Int?
    /// The JSON texts themselves, where the export is exact.
    var content: [UInt8]?
    var metadata: [UInt8]?

    init(_ read: ReadEvent, options: TraceExportOptions) {
        let event = read.event
        eventType = event.eventType
        spanID = event.spanId
        stepID = event.stepId
        parentStepID = event.parentStepId
        timestamp = event.timestamp
        idempotencyKey = event.idempotencyKey
        source = read.source
        providerID = event.providerId
        if event.eventType == .userMessage || event.eventType == .toolResult {
            let inputs = Inference.inputs(of: read)
            messages = options.conventions == .openInference ? inputs.flatMap(\.flat).count : inputs.count
        }
        if options.withUsers { user = event.externalUserId }
        if options.isExact {
            content = event.content
            metadata = event.metadata
        }
    }

    static func attribute(_ events: [ReadEvent], options: TraceExportOptions) -> Attribute {
        let text = JSONWriter.text { writer in
            writer.array { writer in
                for event in events { EventRecord(event, options: options).write(to: &writer) }
            }
        }
        return Attribute("whyops.events", .string(text))
    }

    private func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("eventType", eventType.rawValue)
            writer.member("spanId", spanID)
            writer.member("stepId", stepID)
            writer.member("parentStepId", parentStepID)
            writer.member("timestamp", timestamp)
            writer.member("idempotencyKey", idempotencyKey)
            writer.member("source", source)
            writer.member("providerId", providerID)
            writer.member("externalUserId", user)
            writer.member("messages", messages)
            writer.member("content", raw: content)
            writer.member("metadata", raw: metadata)
        }
    }

    /// Reads the attribute of a span; none where it is no list of records.
    static func list(_ attributes: [Attribute]) -> [EventRecord] {
        guard case .string(let text) = attributes["whyops.events"] else { return [] }
        return JSONDocument.value(text)?.list.compactMap(EventRecord.init) ?? []
    }

    private init?(_ value: JSONValue) {
        guard let type = value.text("eventType").flatMap({ EventType(name: $0) }) else { return nil }
        eventType = type
        spanID = value.text("spanId")
        stepID = value["stepId"]?.integer
        parentStepID = value["parentStepId"]?.integer
        timestamp = value.text("timestamp")
        idempotencyKey = value.text("idempotencyKey")
        source = value.text("source")
        providerID = value.text("providerId")
        user = value.text("externalUserId")
        messages = value["messages"]?.integer
        content = value["content"]?.slice
        metadata = value["metadata"].flatMap { $0.kind == .object ? $0.slice : nil }
    }
}

extension EventRecord {
    /// What is known of an event that another program's span stands for.
    init(_ type: EventType, messages: Int? = nil) {
        eventType = type
        self.messages = messages
    }
}
