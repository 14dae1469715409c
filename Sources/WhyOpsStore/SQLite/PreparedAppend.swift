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
        /// What the event says beside content and metadata; `nil` without an idempotency key (EVT-19).
        let fingerprint: EventFingerprint?
    }

    let tenant: Tenant
    let items: [Item]
    let links: [StitchLink]
    let byteCount: Int
    let options: AppendOptions
    let request: RequestIdentity?

    init(_ events: [Event], links: [StitchLink] = [], options: AppendOptions = AppendOptions(), tenant: Tenant) {
        self.tenant = tenant
        self.links = links
        self.options = options
        self.request = RequestIdentity(options.requestKey, events)
        self.items = events.map { event in
            Item(
                event: event,
                facts: EventFacts(event),
                id: Identifiers.orderedUUID(),
                fingerprint: event.idempotencyKey == nil ? nil : EventFingerprint(event)
            )
        }
        self.byteCount = events.reduce(0) { sum, event in
            sum + (event.content?.count ?? 0) + (event.metadata?.count ?? 0) + 256
        }
    }
}
