package import WhyOps

/// A part of a trace's events, as its analysis reads them.
package struct EventSummaries: Sendable {
    package var events: [EventSummary] = []
    /// What was read of content and metadata for them.
    package var bytes = 0
    /// Whether the trace has no events behind them.
    package var isLast = false
}

extension IngestStore {
    /// The analysis of a trace (FND-30), a part at a time; `nil` where there is no such trace.
    ///
    /// - Parameter byteLimit: how much of content and metadata is read (FND-9).
    /// - Throws: `CancellationError` between two parts, where its task was cancelled.
    package func findings(
        of traceId: String,
        byteLimit: Int = TraceFindings.byteLimit,
        tenant: Tenant
    ) async throws -> TraceFindings? {
        var events: [EventSummary] = []
        var bytes = 0
        while events.count <= TraceFindings.eventLimit {
            try Task.checkCancellation()
            let step = events.last?.stepId ?? 0
            guard let part = try await eventSummaries(of: traceId, after: step, limit: 1000, tenant: tenant) else {
                return nil
            }
            events += part.events
            bytes += part.bytes
            if part.isLast { return TraceFindings(of: events) }
            if bytes >= byteLimit { return TraceFindings(of: events, isComplete: false) }
        }
        return TraceFindings(of: events)
    }
}
