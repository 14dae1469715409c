import WhyOps

/// How much may wait to be written, and how much is kept of what an operator limits.
package struct AppendLimits: Sendable, Hashable {
    /// Events that were accepted and are not yet durable.
    package var events: Int
    /// Bytes of content and metadata of those events.
    package var bytes: Int
    /// New traces of one version of an agent in 24 hours (ING-110); `nil` for any number.
    package var tracesPerVersion: Int?
    /// Agents of an environment that registering may lead to (ING-109); `nil` for any number.
    package var agents: Int?

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
        /// What it adds to the sums (STO-54).
        let share: SumShare
        let id: String
        /// What the event says beside content and metadata; `nil` without an idempotency key (EVT-19).
        let fingerprint: EventFingerprint?
        /// Where it stands in its request.
        let place: Int

        init(_ event: Event, place: Int) {
            self.event = event
            facts = EventFacts(event)
            share = SumShare(event, facts)
            id = Identifiers.orderedUUID()
            fingerprint = event.idempotencyKey == nil ? nil : EventFingerprint(event)
            self.place = place
        }
    }

    let tenant: Tenant
    let items: [Item]
    let links: [StitchLink]
    let byteCount: Int
    /// Events and what is none.
    let count: Int
    let options: AppendOptions
    let request: RequestIdentity?
    /// By place, what is kept of what is not stored (ING-40); `nil` where all events are stored or none.
    let letters: [DeadLetter]?

    /// What other nodes must not write to meanwhile.
    var traces: [LockName] {
        items.map { LockName(.trace, $0.event.traceId, environmentID: tenant.environmentID) }
    }
    var agents: [LockName] {
        items.map { LockName(.agent, $0.event.agentName, environmentID: tenant.environmentID) }
    }

    var isPartial: Bool { letters != nil }

    init(_ events: [Event], links: [StitchLink] = [], options: AppendOptions = AppendOptions(), tenant: Tenant) {
        self.tenant = tenant
        self.links = links
        self.options = options
        self.request = RequestIdentity(options.requestKey, events)
        self.items = events.enumerated().map { Item($0.element, place: $0.offset) }
        self.letters = nil
        self.count = events.count
        self.byteCount = Self.byteCount(events)
    }

    /// An append of which what can be stored is stored (ING-22).
    init(_ parts: [PartialItem], requestKey: String?, tenant: Tenant) {
        self.tenant = tenant
        self.links = []
        self.options = AppendOptions(requestKey: requestKey)
        self.request = RequestIdentity(requestKey, parts)
        self.items = parts.enumerated().compactMap { place, part in part.event.map { Item($0, place: place) } }
        self.letters = parts.map(\.letter)
        self.count = parts.count
        self.byteCount = Self.byteCount(parts.compactMap(\.event)) + parts.reduce(0) { $0 + $1.letter.event.count }
    }

    private static func byteCount(_ events: [Event]) -> Int {
        events.reduce(0) { sum, event in
            sum + (event.content?.count ?? 0) + (event.metadata?.count ?? 0) + 256
        }
    }
}
