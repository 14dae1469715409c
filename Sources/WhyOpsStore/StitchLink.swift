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
