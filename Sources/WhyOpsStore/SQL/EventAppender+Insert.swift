import WhyOps

/// The row of an event.
extension EventAppender {
    func insert(
        _ item: PreparedAppend.Item,
        agent: AgentRows.Current,
        stepId: Int,
        parentStepId: Int?,
        spanId: String,
        timestamp: String,
        trace: Int64,
        environment: Int
    ) throws {
        let event = item.event
        let facts = item.facts
        try database.cachedStatement(
            sql: """
                INSERT INTO event_rows (trace, environment, step_id, parent_step_id, id, event_type, span_id, timestamp,
                agent_id, agent_version_id, agent_name, external_user_id, provider_id, idempotency_key, fingerprint,
                content, metadata, model, prompt_tokens, completion_tokens, total_tokens, cache_read_tokens,
                cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens, latency_ms, finish_reason, created_at,
                provider, cache_accounting)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: StatementArguments(values: [
                .integer(trace), .of(environment), .of(stepId), .of(parentStepId), .text(item.id),
                .text(event.eventType.rawValue), .text(spanId), .text(timestamp), .text(agent.agentID),
                .text(agent.versionID),
                .text(event.agentName), .of(event.externalUserId), .of(event.providerId), .of(event.idempotencyKey),
                .of(item.fingerprint?.text), .text(of: event.content), .text(of: event.metadata), .of(facts.model),
                .of(facts.promptTokens), .of(facts.completionTokens), .of(facts.totalTokens),
                .of(facts.cacheReadTokens),
                .of(facts.cacheWriteTokens), .of(facts.cacheWrite5mTokens), .of(facts.cacheWrite1hTokens),
                .of(facts.latencyMs), .of(facts.finishReason), .text(now), .of(facts.provider),
                .of(facts.cacheAccounting?.rawValue),
            ])
        )
        if let place = facts.place {
            try PlaceRows(trace: trace, database: database).insert(place, spanID: spanId, stepID: stepId)
        }
    }
}
