import WhyOps

extension DatabaseStore {
    package func eventSummaries(
        of traceId: String,
        after step: Int,
        limit: Int,
        tenant: Tenant
    ) async throws -> EventSummaries? {
        try await read(for: tenant) { database in
            let isThere = try Bool.fetchOne(
                database,
                sql: "SELECT 1 FROM traces WHERE environment_id = ? AND trace_id = ?",
                arguments: [tenant.environmentID, traceId]
            )
            guard isThere == true else { return nil }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, event_type, step_id, parent_step_id, span_id, agent_name, timestamp, latency_ms,
                    total_tokens, model, provider FROM events
                    WHERE environment_id = ? AND trace_id = ? AND step_id > ? ORDER BY step_id LIMIT ?
                    """,
                arguments: [tenant.environmentID, traceId, step, limit]
            )
            // Contents one after the other: together they may be larger than memory.
            let texts = try database.makeStatement(
                sql: """
                    SELECT CASE WHEN event_type <> 'tool_call_response' THEN content END, metadata FROM events WHERE id = ?
                    """
            )
            var part = EventSummaries()
            for row in rows where part.bytes < Self.partBytes {
                var summary = Self.summary(row)
                let type = summary.eventType
                let id: String = row[0]
                if type == .toolCallResponse || EventSummary.readsContent(of: type),
                    let text = try Row.fetchOne(texts, arguments: [id])
                {
                    let (content, metadata): (String?, String?) = (text[0], text[1])
                    summary.tool = Self.root(metadata)?["tool"]?.string
                    summary.read(content: Self.root(content))
                    part.bytes += (content?.utf8.count ?? 0) + (metadata?.utf8.count ?? 0)
                }
                // What a name takes stays until the end.
                part.bytes += summary.tool?.utf8.count ?? 0
                part.events.append(summary)
            }
            part.isLast = part.events.count == rows.count && rows.count < limit
            return part
        }
    }

    /// Bytes of texts after which a part ends: a snapshot is kept for no longer than they take.
    private static var partBytes: Int { 16 << 20 }

    private static func summary(_ row: Row) -> EventSummary {
        EventSummary(
            id: row[0],
            eventType: EventType(name: row[1]) ?? .error,
            stepId: row[2],
            parentStepId: row[3],
            spanId: row[4],
            agentName: row[5],
            timestamp: Timestamp(row[6] as String) ?? Timestamp(milliseconds: 0),
            latencyMs: row[7],
            totalTokens: row[8],
            model: row[9],
            provider: row[10]
        )
    }

    private static func root(_ text: String?) -> JSONValue? {
        text.flatMap { try? JSONDocument(Array($0.utf8)).root }
    }
}
