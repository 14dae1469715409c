import WhyOps
import WhyOpsStore

/// A thread with its events, in the original's fields (ING-15).
struct ThreadJSON {
    let detail: ThreadDetail
    let cost: ThreadCost
    /// Whether the events have a canonical view (ING-47).
    let withView: Bool
    let page: PageRequest
    let include: Set<String>
    let eventInclude: Set<String>
    let tenant: Tenant

    /// Whether something is wanted that stands in the definition of the agent's version.
    static func needsDefinition(_ include: Set<String>) -> Bool {
        !include.isDisjoint(with: ["systemPrompt", "tools", "metadata"])
    }

    /// A thread as lists have it.
    static func writeItem(
        of thread: StoredThread,
        include: Set<String>,
        tenant: Tenant,
        to writer: inout JSONWriter
    ) {
        writeHead(of: thread, include: include, tenant: tenant, to: &writer)
        writer.member("eventCount", thread.eventCount)
        writer.member("totalTokens", thread.totalTokens)
        writer.member("errorCount", thread.errorCount)
    }

    /// What the list and the single thread have in common.
    static func writeHead(
        of thread: StoredThread,
        include: Set<String>,
        tenant: Tenant,
        to writer: inout JSONWriter
    ) {
        writer.member("threadId", thread.traceId)
        // ING-12: there are no user accounts; the project owns what is stored.
        writer.member("userId", tenant.projectID)
        writer.member("externalUserId", thread.externalUserId)
        writer.member("providerId", thread.providerId)
        writer.member("agentId", thread.agentID)
        writer.member("entityId", thread.agentVersionID)
        writer.member("entityName", thread.agentName)
        writer.member("lastActivity", thread.lastActivity)
        writer.member("model", thread.model)
        if !include.isDisjoint(with: ["systemPrompt", "tools"]), let text = thread.agentMetadata,
            let metadata = try? JSONDocument(text).root
        {
            if include.contains("systemPrompt") { writer.member("systemPrompt", raw: metadata["systemPrompt"]?.slice) }
            if include.contains("tools") { writer.member("tools", raw: metadata["tools"]?.slice) }
        }
        if include.contains("metadata") { writer.member("metadata", raw: thread.agentMetadata) }
        // ING-116
        if needsDefinition(include), thread.agentMetadata == nil { writer.member("isMetadataOmitted", true) }
        writer.member("firstEventTimestamp", thread.firstEventAt)
        writer.member("lastEventTimestamp", thread.lastEventAt)
        writer.member("duration", Self.milliseconds(from: thread.firstEventAt, to: thread.lastEventAt))
    }

    private static func milliseconds(from start: String, to end: String) -> Int? {
        guard let start = Timestamp(start), let end = Timestamp(end) else { return nil }
        return Int(end.milliseconds - start.milliseconds)
    }

    func write(to writer: inout JSONWriter) {
        writer.member("success", true)
        writer.member("sampledOut", false)
        writer.member("sampledIn", true)
        Self.writeHead(of: detail.thread, include: include, tenant: tenant, to: &writer)
        let count = detail.thread.eventCount
        writer.member("eventCount", count)
        writer.member("totalTokens", detail.totalTokens)
        writer.member("totalLatency", detail.totalLatency)
        writer.name("avgLatency")
        if count == 0 || detail.totalLatency % count == 0 {
            writer.integer(count == 0 ? 0 : detail.totalLatency / count)
        } else {
            writer.raw(Array("\(Double(detail.totalLatency) / Double(count))".utf8))
        }
        writer.member("errorCount", detail.errorCount)
        writer.name("events")
        writer.array { writer in
            for entry in detail.entries { write(entry, to: &writer) }
        }
        writer.member("hasLateEvents", detail.hasLateEvents)
        writer.name("eventsPagination")
        writer.page(page, total: count, count: detail.entries.count)
        // ING-69
        writer.name("cost")
        writer.array { writer in
            for price in cost.prices { price.write(to: &writer) }
        }
        writer.name("models")
        writer.array { writer in
            for model in detail.models { write(model, to: &writer) }
        }
        writer.member("totalCost", UsageFigures.dollars(cost.total))
    }

    private func write(_ entry: ThreadDetail.Entry, to writer: inout JSONWriter) {
        let event = entry.stored.event
        let facts = entry.stored.facts
        let timestamp = event.timestamp ?? ""
        writer.object { writer in
            writer.member("id", entry.stored.id)
            writer.member("stepId", event.stepId)
            writer.member("parentStepId", event.parentStepId)
            writer.member("spanId", event.spanId)
            writer.member("parentSpanId", entry.parentSpanID)
            writer.member("eventType", event.eventType.rawValue)
            writer.member("timestamp", timestamp)
            writer.member("agentName", event.agentName)
            writer.member("agentVersionId", entry.stored.agentVersionID)
            writer.member("externalUserId", event.externalUserId)
            writer.member("idempotencyKey", event.idempotencyKey)
            if eventInclude.contains("content") { writer.member("content", raw: event.content) }
            if eventInclude.contains("metadata") { writer.member("metadata", raw: event.metadata ?? Array("{}".utf8)) }
            if withView { writer.view(of: event) }
            writer.nullable("model", facts.model)
            writer.nullable("promptTokens", facts.promptTokens)
            writer.nullable("completionTokens", facts.completionTokens)
            writer.nullable("cacheReadTokens", facts.cacheReadTokens)
            writer.nullable("cacheWriteTokens", facts.cacheWriteTokens)
            writer.nullable("latencyMs", facts.latencyMs)
            writer.nullable("finishReason", facts.finishReason)
            if let next = entry.nextTimestamp {
                writer.member("duration", Self.milliseconds(from: timestamp, to: next))
            }
            writer.member(
                "timeSinceStart",
                Self.milliseconds(from: detail.thread.firstEventAt, to: timestamp) ?? 0
            )
            writer.member("isLateEvent", entry.isLate)
        }
    }

    private func write(_ usage: ThreadDetail.ModelUsage, to writer: inout JSONWriter) {
        let facts = usage.facts
        writer.object { writer in
            writer.member("model", usage.model)
            writer.member("inputTokens", facts.promptTokens)
            writer.member("outputTokens", facts.completionTokens)
            writer.member("cacheWrite5mTokens", facts.cacheWrite5mTokens)
            writer.member("cacheWrite1hTokens", facts.cacheWrite1hTokens)
            writer.member("cacheCreationTokens", facts.cacheWriteTokens)
            writer.member("cacheReadTokens", facts.cacheReadTokens)
            writer.member("totalTokens", facts.totalTokens)
            let cost = cost.models[ExactText(usage.model)]
            writer.member("totalCost", UsageFigures.dollars(cost?.cost ?? 0))
            writer.name("cost")
            if let price = cost?.price { price.write(to: &writer) } else { writer.null() }
            writer.member("isLastModel", usage.isLast)
        }
    }
}

extension JSONWriter {
    /// Writes `view`, what the event says in one form for each type (ING-47).
    mutating func view(of event: Event) {
        name("view")
        event.view.write(to: &self)
    }
}

extension Event {
    /// What the event says, whatever shape its content came in.
    var view: EventView {
        EventView(eventType, content: content.flatMap { try? JSONDocument($0).root })
    }
}

extension QueryParameters {
    /// Whether events are wanted with their view.
    func view() throws -> Bool {
        switch self["view"] {
        case nil: return false
        case "canonical": return true
        default: throw Refusal(parameter: "view", "must be canonical")
        }
    }
}
