import WhyOps

/// Writes the events of one append inside the writer's transaction: steps, parents and spans are settled here.
struct EventAppender {
    let database: Database
    let now: String
    /// ING-110
    let tracesPerVersion: Int?

    /// What became of one event, with what later ones have to know.
    struct Placed {
        let result: AppendResult
        let agent: AgentRows.Current
        /// `nil` where the trace is not kept.
        let trace: TraceRow?
    }

    /// The results in order; when one of them is a conflict, the caller undoes the append, unless it is a partial one.
    ///
    /// - Parameters:
    ///   - environment: that of the append's tenant.
    ///   - learned: what this append comes by, which the caller adds to the environment where the append stays.
    func append(
        _ append: PreparedAppend,
        to environment: AppendEnvironment,
        learned: inout AppendKnowledge
    ) throws -> [AppendResult] {
        let environmentID = environment.id
        let requests = RequestRows(environmentID: environmentID, database: database)
        if let request = append.request, let earlier = try requests.results(of: request) { return earlier }
        let sampling = SamplingRows(
            tenant: append.tenant,
            now: now,
            tracesPerVersion: tracesPerVersion,
            database: database
        )
        var results: [AppendResult] = []
        for item in append.items {
            let placed: Placed
            do {
                placed =
                    try append.isPartial
                    ? alone { try place(item, environment, learned, sampling) }
                    : place(item, environment, learned, sampling)
            } catch let error as StoreError where append.isPartial && error.code == .refused {
                results.append(.unstored(.notStored, spanId: item.event.spanId ?? "", message: error.message))
                continue
            }
            results.append(placed.result)
            learned.agents[Array(item.event.agentName.utf8)] = placed.agent
            if let trace = placed.trace { learned.traces[trace.id] = trace }
            if placed.result.status == .saved, let row = placed.trace?.key {
                learned.visits.insert(
                    .init(trace: row, agentID: placed.agent.agentID, versionID: placed.agent.versionID)
                )
                learned.sums.add(
                    item.share,
                    agentID: placed.agent.agentID,
                    timestamp: item.event.timestamp ?? now
                )
            }
            if placed.result.status == .conflict, !append.isPartial { return padded(results, append) }
        }
        try LinkRows.insert(append.links, environment: environment.number, database)
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
        _ environment: AppendEnvironment,
        _ learned: AppendKnowledge,
        _ sampling: SamplingRows
    ) throws -> Placed {
        let event = item.event
        let key = Array(event.traceId.utf8)
        let name = Array(event.agentName.utf8)
        let agent =
            try learned.agents[name] ?? environment.known.agents[name]
            ?? AgentRows.current(for: event, environmentID: sampling.tenant.environmentID, now: now, database)
        var trace =
            try learned.traces[key] ?? environment.known.traces[key]
            ?? TraceRow.find(key, environment: environment.number, owner: agent, database)
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
}
