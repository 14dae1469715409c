package import WhyOps

extension IngestStore {
    /// The analysis of a trace (FND-30), a part at a time; `nil` where there is no such trace.
    package func findings(of traceId: String, tenant: Tenant) async throws -> TraceFindings? {
        let part = 1000
        var events: [EventSummary] = []
        while events.count <= TraceFindings.eventLimit {
            let step = events.last?.stepId ?? 0
            guard let more = try await eventSummaries(of: traceId, after: step, limit: part, tenant: tenant) else {
                return nil
            }
            events += more
            if more.count < part { break }
        }
        return TraceFindings(of: events)
    }
}
