import WhyOps

/// How much of an agent's traces is kept.
struct SamplingRule: Sendable {
    /// The share of traces that is kept, from 0 to 1.
    var rate = 1.0
    /// New traces in 24 hours.
    var maxTraces: Int?
    /// Spans of one trace.
    var maxSpans: Int?

    /// Where a trace stands between 0 and 1: the same for every node and for the original (ING-26).
    static func place(of event: Event, tenant: Tenant) -> Double {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("traceId", event.traceId)
            writer.member("userId", tenant.projectID)
            writer.member("environmentId", tenant.environmentID)
            writer.member("agentName", event.agentName)
        }
        let digits = SHA256.hex(of: writer.bytes).prefix(8)
        return Double(UInt32(digits, radix: 16) ?? 0) / Double(UInt32.max)
    }
}

/// Which traces are kept, and the memory of those that are not (ING-26 to ING-29).
struct SamplingRows {
    let tenant: Tenant
    let now: String
    /// ING-110
    let tracesPerVersion: Int?
    let database: Database

    /// Why a trace that has no event yet is not kept; `nil` for one that is.
    func refusal(of event: Event, by agent: AgentRows.Current) throws -> String? {
        let earlier = try String.fetchOne(
            database.cachedStatement(sql: "SELECT message FROM sampled_out WHERE environment_id = ? AND trace_id = ?"),
            arguments: [tenant.environmentID, event.traceId]
        )
        if let earlier { return earlier }
        guard let message = try decision(on: event, by: agent) else { return nil }
        try database.execute(
            sql: "INSERT INTO sampled_out (environment_id, trace_id, message, created_at) VALUES (?, ?, ?, ?)",
            arguments: [tenant.environmentID, event.traceId, message, now]
        )
        return message
    }

    private func decision(on event: Event, by agent: AgentRows.Current) throws -> String? {
        let rule = agent.sampling
        if let limit = tracesPerVersion {
            let count = min(limit, try begun(by: .version, agent.versionID))
            if count >= limit { return "Trace rejected by entity limit (\(count)/\(limit))" }
        }
        if let limit = rule.maxTraces {
            let count = min(limit, try begun(by: .agent, agent.agentID))
            if count >= limit { return "Trace rejected by agent limit (\(count)/\(limit))" }
        }
        if rule.rate >= 1 { return nil }
        let place = SamplingRule.place(of: event, tenant: tenant)
        if place <= rule.rate { return nil }
        let rounded = (place * 10_000).rounded() / 10_000
        return "Trace rejected by sampling (rate: \(rule.rate), hash: \(rounded))"
    }

    /// How many traces were begun in the last 24 hours: from the number of the newest one and that of the last one before, since
    /// each has the number after the one before it. However many there are, that is two look-ups.
    private func begun(by owner: TraceNumbers.Owner, _ id: String) throws -> Int {
        let moment = (Timestamp(now)?.milliseconds ?? 0) - 86_400_000
        let numbers = TraceNumbers(environmentID: tenant.environmentID, database: database)
        let newest = try numbers.newest(of: owner, id)
        return max(0, newest - (try numbers.newest(of: owner, id, until: Timestamp(milliseconds: moment).text)))
    }

    /// Why a new span of a trace is not kept; `nil` where it is.
    func refusal(
        ofSpanOf event: Event,
        in trace: inout TraceRow,
        by agent: AgentRows.Current
    ) throws -> String? {
        // There are never more spans than events.
        guard let limit = agent.sampling.maxSpans, trace.eventCount >= limit, let key = trace.key else { return nil }
        let spans = SpanRows(trace: key, database: database)
        let count = try trace.spanCount ?? spans.fill()
        trace.spanCount = count
        if try count < limit || event.spanId.map({ try spans.has($0) }) == true { return nil }
        return "Span rejected by agent limit (\(count)/\(limit))"
    }
}
