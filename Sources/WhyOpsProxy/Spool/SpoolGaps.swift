import WhyOps
import WhyOpsStore

/// Events that are missing, by trace, until the trace has an event that says so (PRX-65).
struct SpoolGaps {
    private struct Key: Hashable {
        let environmentID: String
        /// By bytes: texts that look alike may be two ids (EVT-6).
        let traceID: [UInt8]

        init(_ event: Event, _ tenant: Tenant) {
            environmentID = tenant.environmentID
            traceID = Array(event.traceId.utf8)
        }
    }

    private struct Gap {
        let tenant: Tenant
        let agentName: String
        let externalUserID: String?
        let reason: GapReason
        let stitch: StitchNote?
        let since: String
        var until: String
        var count: Int
    }

    private var gaps: [Key: Gap] = [:]
    /// Traces that have had their first marker since there was room last.
    private var marked: Set<Key> = []

    /// The most traces that are told apart; events of others are counted and logged.
    private static let maximumTraces = 16_384

    var isEmpty: Bool { gaps.isEmpty }

    /// Notes events that are missing.
    mutating func note(_ events: [Event], tenant: Tenant, reason: GapReason) {
        for event in events {
            let key = Key(event, tenant)
            let time = event.timestamp ?? Identifiers.now()
            if gaps[key] != nil {
                gaps[key]?.count += 1
                gaps[key]?.until = time
            } else if gaps.count < Self.maximumTraces {
                gaps[key] = Gap(
                    tenant: tenant,
                    agentName: event.agentName,
                    externalUserID: event.externalUserId,
                    reason: reason,
                    stitch: StitchNote(event),
                    since: time,
                    until: time,
                    count: 1
                )
            }
        }
    }

    /// The markers of the traces that some events belong to.
    func markers(for events: [Event], tenant: Tenant) -> [QueuedEntry] {
        if gaps.isEmpty { return [] }
        return Set(events.map { Key($0, tenant) }).compactMap { key in gaps[key].map { Self.entry($0, key) } }
    }

    /// Forgets the gaps of those traces, since their markers are written.
    mutating func remove(for events: [Event], tenant: Tenant) {
        if gaps.isEmpty, marked.isEmpty { return }
        for event in events {
            gaps[Key(event, tenant)] = nil
            marked.remove(Key(event, tenant))
        }
    }

    /// Whether those traces have no marker yet since there was room last, so that one is to be written at once.
    func areNew(for events: [Event], tenant: Tenant) -> Bool {
        marked.count < Self.maximumTraces && !events.contains { marked.contains(Key($0, tenant)) }
    }

    /// Notes that those traces have a marker that was written at once.
    mutating func mark(for events: [Event], tenant: Tenant) {
        for event in events {
            gaps[Key(event, tenant)] = nil
            marked.insert(Key(event, tenant))
        }
    }

    /// All markers.
    mutating func takeAll() -> [QueuedEntry] {
        defer {
            gaps = [:]
            marked = []
        }
        return gaps.map { Self.entry($1, $0) }
    }

    /// Whether an event only says that others are missing.
    static func isMarker(_ event: Event) -> Bool {
        event.eventType == .error && event.idempotencyKey?.hasSuffix(keyEnding) == true
    }

    /// What stands in the place of an event that the store refuses. Its key follows from that of the event, so that a
    /// file that is read again after a kill leaves no second one.
    static func marker(inPlaceOf event: Event, tenant: Tenant) -> Event {
        let time = event.timestamp ?? Identifiers.now()
        let gap = Gap(
            tenant: tenant,
            agentName: event.agentName,
            externalUserID: event.externalUserId,
            reason: .refused,
            stitch: StitchNote(event),
            since: time,
            until: time,
            count: 1
        )
        return marker(gap, Key(event, tenant), lost: event.idempotencyKey)
    }

    private static let keyEnding = ".gap"

    private static func entry(_ gap: Gap, _ key: Key) -> QueuedEntry {
        .events([marker(gap, key, lost: nil)], gap.tenant)
    }

    /// What stands in a trace for the events that it lacks.
    private static func marker(_ gap: Gap, _ key: Key, lost: String?) -> Event {
        var content = JSONWriter()
        content.object { writer in
            writer.member(
                "message",
                "\(gap.count) \(gap.count == 1 ? "event" : "events") of this trace were not recorded: \(gap.reason.text)."
            )
            writer.member("code", "events_lost")
        }
        var metadata = JSONWriter()
        metadata.object { writer in
            writer.name("gap")
            writer.object { writer in
                writer.member("events", gap.count)
                writer.member("reason", gap.reason.rawValue)
                writer.member("since", gap.since)
                writer.member("until", gap.until)
            }
            gap.stitch?.write(to: &writer)
        }
        let span = Identifiers.span()
        return Event(
            eventType: .error,
            traceId: String(decoding: key.traceID, as: UTF8.self),
            agentName: gap.agentName,
            spanId: span,
            timestamp: gap.until,
            content: content.bytes,
            metadata: metadata.bytes,
            idempotencyKey: (lost ?? span) + keyEnding,
            externalUserId: gap.externalUserID
        )
    }
}

extension GapReason {
    fileprivate var text: String {
        switch self {
        case .memoryFull: "too much was waiting"
        case .spoolFull: "the spool was full"
        case .spoolFailed: "the spool could not be written"
        case .refused: "the store refused them"
        }
    }
}
