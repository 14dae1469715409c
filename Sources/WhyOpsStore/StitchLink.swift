package import WhyOps

/// An id that a reply carried, and the trace that it belongs to: what stitches turns that have no text (TRC-6).
package struct StitchLink: Sendable, Hashable {
    package let echo: EchoID
    package let trace: TraceID

    package init(echo: EchoID, trace: TraceID) {
        self.echo = echo
        self.trace = trace
    }
}

/// How long a link is kept, in seconds: a conversation that rests longer is stitched by its text (TRC-51).
package let stitchLinkLifetime = 30.0 * 24 * 3600

/// What was noted of a key of lineage (TRC-39, TRC-41).
package struct StoredLineage: Sendable, Hashable {
    /// The trace that noted it; `nil` where several did.
    package let trace: TraceID?
    /// Whether it was noted so lately that it may match.
    package let isLive: Bool

    package init(trace: TraceID?, isLive: Bool) {
        self.trace = trace
        self.isLive = isLive
    }
}
