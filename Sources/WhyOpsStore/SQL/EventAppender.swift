import WhyOps

/// Writes the events of one append inside the writer's transaction: steps, parents and spans are settled here.
struct EventAppender {
    let database: Database
    let now: String
    /// ING-110
    let tracesPerVersion: Int?

    /// What an append has come by.
    private struct State {
        // Keyed by bytes: `String` would take two spellings of the same characters for one id (EVT-6).
        var traces: [[UInt8]: TraceRow] = [:]
        var agents: [[UInt8]: AgentRows.Current] = [:]
        var visits: Set<TraceAgentRows.Visit> = []
    }

    /// What became of one event, with what later ones have to know.
    struct Placed {
        let result: AppendResult
        let agent: AgentRows.Current
        /// `nil` where the trace is not kept.
        let trace: TraceRow?
    }

    /// The results in order; when one of them is a conflict, the caller undoes the append, unless it is a partial one.
    func append(_ append: PreparedAppend) throws -> [AppendResult] {
        let environmentID = append.tenant.environmentID
        let requests = RequestRows(environmentID: environmentID, database: database)
        if let request = append.request, let earlier = try requests.results(of: request) { return earlier }
        let sampling = SamplingRows(
            tenant: append.tenant,
            now: now,
            tracesPerVersion: tracesPerVersion,
            database: database
        )
        let environment = try TenantRows.number(ofEnvironment: environmentID, database)
        var state = State()
        var results: [AppendResult] = []
        for item in append.items {
            let placed: Placed
            do {
                placed =
                    try append.isPartial
                    ? alone { try place(item, state, sampling, environment) }
                    : place(item, state, sampling, environment)
            } catch let error as StoreError where append.isPartial && error.code == .refused {
                results.append(.unstored(.notStored, spanId: item.event.spanId ?? "", message: error.message))
                continue
            }
            results.append(placed.result)
            state.agents[Array(item.event.agentName.utf8)] = placed.agent
            if let trace = placed.trace { state.traces[trace.id] = trace }
            if placed.result.status == .saved, let row = placed.trace?.key {
                state.visits.insert(.init(trace: row, agentID: placed.agent.agentID, versionID: placed.agent.versionID))
            }
            if placed.result.status == .conflict, !append.isPartial { return padded(results, append) }
        }
        for trace in state.traces.values where trace.isTouched { try trace.save(now: now, database) }
        try TraceAgentRows(database: database).note(state.visits, now: now)
        try LinkRows.insert(append.links, environment: environment, database)
        if let letters = append.letters { results = try buried(results, of: append, letters) }
        if let request = append.request { try requests.insert(request, results) }
        // ING-42: only what is stored.
        if let id = append.options.deadLetterID,
            results.allSatisfy({ $0.status == .saved || $0.status == .skipped })
        {
            try DeadLetterRows(environmentID: environmentID, database: database).settle(id)
        }
        return results
    }

    private func place(
        _ item: PreparedAppend.Item,
        _ state: State,
        _ sampling: SamplingRows,
        _ environment: Int
    ) throws -> Placed {
        let event = item.event
        let key = Array(event.traceId.utf8)
        let agent =
            try state.agents[Array(event.agentName.utf8)]
            ?? AgentRows.current(for: event, environmentID: sampling.tenant.environmentID, now: now, database)
        var trace =
            try state.traces[key] ?? TraceRow.find(key, environment: environment, owner: agent, database)
        if trace.key == nil, let message = try sampling.refusal(of: event, by: agent) {
            return Placed(result: Self.sampledOut(event, message), agent: agent, trace: nil)
        }
        let result = try write(item, agent: agent, to: &trace, sampling)
        return Placed(result: result, agent: agent, trace: trace)
    }

    /// Results of an append that was undone: what looked saved was not.
    static func withdrawn(_ results: [AppendResult]) -> [AppendResult] {
        guard results.contains(where: { $0.status == .conflict }) else { return results }
        return results.map { $0.status == .saved ? Self.notStored : $0 }
    }

    private static var notStored: AppendResult {
        .unstored(.notStored, message: "Not stored, because another event of the same request is in conflict")
    }

    private static func sampledOut(_ event: Event, _ message: String) -> AppendResult {
        .unstored(.sampledOut, spanId: event.spanId ?? "", message: message)
    }

    private func padded(_ results: [AppendResult], _ append: PreparedAppend) -> [AppendResult] {
        results + Array(repeating: Self.notStored, count: append.items.count - results.count)
    }

    // MARK: Events

    private func write(
        _ item: PreparedAppend.Item,
        agent: AgentRows.Current,
        to trace: inout TraceRow,
        _ sampling: SamplingRows
    ) throws -> AppendResult {
        let event = item.event
        if let key = trace.key, let repeated = try repetition(of: item, in: key) { return repeated }
        if let key = trace.key, let stepId = event.stepId, let taken = try stored("step_id = ?", [key, stepId]) {
            // EVT-21: an event is never stored under a number that its client did not ask for.
            return result(
                taken,
                .conflict,
                "Step \(stepId) of this trace is taken by another event. Leave stepId out to get the next free step."
            )
        }
        guard let stepId = event.stepId ?? (trace.lastStep < Int(Int32.max) ? trace.lastStep + 1 : nil) else {
            return AppendResult(
                id: item.id,
                status: .conflict,
                stepId: trace.lastStep,
                parentStepId: nil,
                spanId: event.spanId ?? "",
                message: "This trace has no step left after 2147483647"
            )
        }
        if let message = try sampling.refusal(ofSpanOf: event, in: &trace, by: agent) {
            return Self.sampledOut(event, message)
        }
        let parentStepId = try parent(of: item, stepId: stepId, trace: trace)
        let spanId = event.spanId ?? Identifiers.span()
        let timestamp = event.timestamp ?? now
        let key = try trace.key ?? trace.create(now: now, environmentID: sampling.tenant.environmentID, database)
        try insert(
            item,
            agent: agent,
            stepId: stepId,
            parentStepId: parentStepId,
            spanId: spanId,
            timestamp: timestamp,
            trace: key,
            environment: trace.environment
        )
        if let count = trace.spanCount {
            trace.spanCount = count + (try SpanRows(trace: key, database: database).insert(spanId))
        }
        trace.add(event, facts: item.facts, stepId: stepId, timestamp: timestamp)
        return AppendResult(
            id: item.id,
            status: .saved,
            stepId: stepId,
            parentStepId: parentStepId,
            spanId: spanId
        )
    }

    /// EVT-19, EVT-20: the same key is the same event, or a mistake.
    private func repetition(of item: PreparedAppend.Item, in trace: Int64) throws -> AppendResult? {
        guard let key = item.event.idempotencyKey, let row = try stored("idempotency_key = ?", [trace, key]) else {
            return nil
        }
        if item.fingerprint?.isSame(asStored: row[4], content: row[5], metadata: row[6], item.event) == true {
            return result(row, .skipped, "Event already exists (idempotency check)")
        }
        return result(
            row,
            .conflict,
            "The idempotencyKey \"\(key)\" stands for an event with other content in this trace. Use a new key."
        )
    }

    private func stored(_ condition: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT id, step_id, parent_step_id, span_id, fingerprint, content, metadata FROM event_rows
                    WHERE trace = ? AND \(condition)
                    """
            ),
            arguments: arguments
        )
    }

    private func result(_ row: Row, _ status: AppendResult.Status, _ message: String) -> AppendResult {
        AppendResult(
            id: row[0],
            status: status,
            stepId: row[1],
            parentStepId: row[2],
            spanId: row[3],
            message: message
        )
    }

    /// EVT-22: the caller's word, else the request that a tool's response answers, else what an exchange follows, else the
    /// step before.
    private func parent(
        of item: PreparedAppend.Item,
        stepId: Int,
        trace: TraceRow
    ) throws -> Int? {
        let event = item.event
        if let parent = event.parentStepId { return parent }
        if let key = trace.key, event.eventType == .toolCallResponse, let spanId = event.spanId {
            let request = try Int.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT max(step_id) FROM event_rows WHERE trace = ? AND span_id = ?
                        AND event_type = 'tool_call_request'
                        """
                ),
                arguments: [key, spanId]
            )
            if let request { return request }
        }
        if let place = item.facts.place {
            return try trace.key.flatMap { try PlaceRows(trace: $0, database: database).parent(of: event, place) }
        }
        if event.stepId != nil { return stepId > 1 ? stepId - 1 : nil }
        return trace.lastStep > 0 ? trace.lastStep : nil
    }

    private func insert(
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
        ).execute(arguments: [
            trace, environment, stepId, parentStepId, item.id, event.eventType.rawValue, spanId, timestamp,
            agent.agentID, agent.versionID, event.agentName, event.externalUserId, event.providerId,
            event.idempotencyKey, item.fingerprint?.text,
            event.content.map { String(decoding: $0, as: UTF8.self) },
            event.metadata.map { String(decoding: $0, as: UTF8.self) },
            facts.model, facts.promptTokens, facts.completionTokens, facts.totalTokens, facts.cacheReadTokens,
            facts.cacheWriteTokens, facts.cacheWrite5mTokens, facts.cacheWrite1hTokens, facts.latencyMs,
            facts.finishReason, now, facts.provider, facts.cacheAccounting?.rawValue,
        ])
        if let place = facts.place {
            try PlaceRows(trace: trace, database: database).insert(place, spanID: spanId, stepID: stepId)
        }
    }
}
