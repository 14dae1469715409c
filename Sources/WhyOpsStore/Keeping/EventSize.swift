package import WhyOps

/// How large an event counts where a project may only keep so much (STO-23).
package enum EventSize {
    /// What an event takes beside its content and its metadata, in bytes.
    package static let rest = 512

    package static func bytes(of event: Event) -> Int {
        (event.content?.count ?? 0) + (event.metadata?.count ?? 0) + rest
    }

    /// The size of the events of the trace whose key is a parameter.
    static func ofTrace(_ dialect: Dialect) -> String {
        """
        SELECT coalesce(sum(coalesce(\(dialect.byteCount("content")), 0) + coalesce(\(dialect.byteCount("metadata")), 0)
        + \(rest)), 0) FROM event_rows WHERE trace = ?
        """
    }
}
