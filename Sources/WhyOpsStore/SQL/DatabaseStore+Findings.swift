package import WhyOps

extension DatabaseStore {
    package func eventSummaries(
        of traceId: String,
        after step: Int,
        limit: Int,
        tenant: Tenant
    ) async throws -> [EventSummary]? {
        try await read { database in
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
            return try rows.map { row in
                var summary = Self.summary(row)
                let type = summary.eventType
                guard type == .toolCallResponse || EventSummary.readsContent(of: type) else { return summary }
                let id: String = row[0]
                guard let text = try Row.fetchOne(texts, arguments: [id]) else { return summary }
                let (content, metadata): (String?, String?) = (text[0], text[1])
                summary.tool = Self.root(metadata)?["tool"]?.string
                summary.read(content: Self.root(content))
                return summary
            }
        }
    }

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
