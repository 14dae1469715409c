import WhyOps

/// How much may wait to be written.
package struct AppendLimits: Sendable, Hashable {
    /// Events that were accepted and are not yet durable.
    package var events: Int
    /// Bytes of content and metadata of those events.
    package var bytes: Int

    package init(events: Int = 10_000, bytes: Int = 64 << 20) {
        self.events = events
        self.bytes = bytes
    }
}

/// The events of one append, with all that can be worked out before the writer's turn.
struct PreparedAppend: Sendable {
    struct Item: Sendable {
        let event: Event
        let facts: EventFacts
        let id: String
        /// What tells a repetition from a reuse of an idempotency key; `nil` without a key (EVT-19).
        let fingerprint: String?
    }

    let tenant: Tenant
    let items: [Item]
    let byteCount: Int

    init(_ events: [Event], tenant: Tenant) {
        self.tenant = tenant
        self.items = events.map { event in
            Item(
                event: event,
                facts: EventFacts(event),
                id: Identifiers.uuid(),
                fingerprint: event.idempotencyKey == nil ? nil : Self.fingerprint(event)
            )
        }
        self.byteCount = events.reduce(0) { sum, event in
            sum + (event.content?.count ?? 0) + (event.metadata?.count ?? 0) + 256
        }
    }

    /// A client that sends an event again may stamp it anew, so the time does not count (EVT-19).
    private static func fingerprint(_ event: Event) -> String {
        var event = event
        event.timestamp = nil
        return SHA256.hex(of: event.canonicalJSON)
    }
}
