import WhyOps
import WhyOpsStore

extension QueuedEntry {
    private static let eventsKind: UInt8 = 1
    private static let linksKind: UInt8 = 2
    private static let openKind: UInt8 = 3
    private static let endedKind: UInt8 = 4

    /// The entry as a record of the spool, complete but for the file's marker.
    ///
    /// A field has a tag, so that a later version can add some, and read what an earlier one left.
    var record: [UInt8] {
        var writer = FieldWriter(capacity: payloadSize)
        switch self {
        case .events(let events, let tenant):
            writer.byte(Self.eventsKind)
            writer.tenant(tenant)
            writer.count(events.count)
            for event in events { writer.event(event) }
        case .links(let links, let tenant):
            writer.byte(Self.linksKind)
            writer.tenant(tenant)
            writer.count(links.count)
            for link in links {
                writer.text(link.echo.kind.rawValue)
                writer.text(link.echo.text)
                writer.text(link.trace.text)
            }
        case .open(let exchange, let tenant):
            writer.byte(Self.openKind)
            writer.tenant(tenant)
            // An empty user stands for none.
            writer.count(exchange.stitch != nil ? 5 : exchange.externalUserID == nil ? 3 : 4)
            writer.text(exchange.spanID)
            writer.text(exchange.traceID)
            writer.text(exchange.agentName)
            if exchange.externalUserID != nil || exchange.stitch != nil { writer.text(exchange.externalUserID ?? "") }
            if let stitch = exchange.stitch { writer.data(stitch.json) }
        case .ended(let spans, let tenant):
            writer.byte(Self.endedKind)
            writer.tenant(tenant)
            writer.count(spans.count)
            for span in spans { writer.text(span) }
        }
        SpoolRecord.seal(&writer.bytes)
        return writer.bytes
    }

    /// Room that is enough nearly always, so that the record is allocated once.
    private var payloadSize: Int {
        switch self {
        case .events(let events, _):
            events.reduce(256) { $0 + ($1.content?.count ?? 0) + ($1.metadata?.count ?? 0) + 512 }
        case .links(let links, _): 256 + links.count * 320
        case .open(let exchange, _): 1024 + (exchange.stitch?.json.count ?? 0)
        case .ended(let spans, _): 256 + spans.count * 64
        }
    }

    /// Reads the payload of a record; `nil` where it is not one that this version knows.
    init?(payload: ArraySlice<UInt8>) {
        var reader = FieldReader(payload)
        guard let kind = reader.byte(), let tenant = reader.tenant(), let count = reader.count() else { return nil }
        switch kind {
        case Self.eventsKind:
            var events: [Event] = []
            for _ in 0..<count {
                guard let event = reader.event() else { return nil }
                events.append(event)
            }
            self = .events(events, tenant)
        case Self.linksKind:
            var links: [StitchLink] = []
            for _ in 0..<count {
                guard let kind = reader.text().flatMap(EchoID.Kind.init(rawValue:)),
                    let echo = reader.text().flatMap({ EchoID(kind, $0) }),
                    let trace = reader.text().flatMap({ TraceID($0) })
                else { return nil }
                links.append(StitchLink(echo: echo, trace: trace))
            }
            self = .links(links, tenant)
        case Self.openKind:
            guard let span = reader.text(), let trace = reader.text(), let agent = reader.text() else { return nil }
            let user = count > 3 ? reader.text() : nil
            let exchange = OpenExchange(
                spanID: span,
                traceID: trace,
                agentName: agent,
                externalUserID: user.flatMap { $0.isEmpty ? nil : $0 },
                stitch: count > 4 ? reader.data().map { StitchNote(json: Array($0)) } : nil
            )
            self = .open(exchange, tenant)
        case Self.endedKind:
            var spans: [String] = []
            for _ in 0..<count {
                guard let span = reader.text() else { return nil }
                spans.append(span)
            }
            self = .ended(spans, tenant)
        default: return nil
        }
    }
}

/// The fields of an event, by the tags that they have in a record.
private enum EventField: UInt8 {
    case end = 0
    case type, trace, agent, span, step, parent, timestamp, content, metadata, key, user, provider
}

/// Writes the payload of a record.
private struct FieldWriter {
    var bytes: [UInt8]

    init(capacity: Int) {
        bytes = SpoolRecord.beginning(capacity: capacity)
    }

    mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    /// Four bytes, the lowest first. Nothing that is recorded has more than 2^32 bytes: bodies are limited to 2^30.
    mutating func count(_ count: Int) {
        let count = UInt32(truncatingIfNeeded: count).littleEndian
        unsafe withUnsafeBytes(of: count) { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func data(_ data: [UInt8]) {
        count(data.count)
        bytes += data
    }

    mutating func text(_ text: String) {
        count(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func tenant(_ tenant: Tenant) {
        text(tenant.projectID)
        text(tenant.environmentID)
        text(tenant.environmentName)
        text(tenant.keyID)
    }

    mutating func event(_ event: Event) {
        field(.type, event.eventType.rawValue)
        field(.trace, event.traceId)
        field(.agent, event.agentName)
        field(.span, event.spanId)
        field(.step, event.stepId.map { String($0) })
        field(.parent, event.parentStepId.map { String($0) })
        field(.timestamp, event.timestamp)
        field(.content, event.content)
        field(.metadata, event.metadata)
        field(.key, event.idempotencyKey)
        field(.user, event.externalUserId)
        field(.provider, event.providerId)
        byte(EventField.end.rawValue)
    }

    private mutating func field(_ field: EventField, _ value: String?) {
        guard let value else { return }
        byte(field.rawValue)
        text(value)
    }

    private mutating func field(_ field: EventField, _ value: [UInt8]?) {
        guard let value else { return }
        byte(field.rawValue)
        data(value)
    }
}

/// Reads the payload of a record; what does not fit gives `nil`, never a trap.
private struct FieldReader {
    private var rest: ArraySlice<UInt8>

    init(_ payload: ArraySlice<UInt8>) {
        rest = payload
    }

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func count() -> Int? {
        guard rest.count >= 4 else { return nil }
        let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        return count
    }

    mutating func data() -> ArraySlice<UInt8>? {
        guard let count = count(), rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func text() -> String? { data().map { String(decoding: $0, as: UTF8.self) } }

    mutating func tenant() -> Tenant? {
        guard let project = text(), let environment = text(), let name = text(), let key = text() else { return nil }
        return Tenant(projectID: project, environmentID: environment, environmentName: name, keyID: key)
    }

    mutating func event() -> Event? {
        var event = Event(eventType: .error, traceId: "", agentName: "")
        var type: EventType?
        while let tag = byte() {
            guard tag != EventField.end.rawValue else {
                guard let type, !event.traceId.isEmpty else { return nil }
                event.eventType = type
                return event
            }
            guard let data = data() else { return nil }
            var text: String { String(decoding: data, as: UTF8.self) }
            switch EventField(rawValue: tag) {
            case .content: event.content = Array(data)
            case .metadata: event.metadata = Array(data)
            case .type: type = EventType(name: text)
            case .trace: event.traceId = text
            case .agent: event.agentName = text
            case .span: event.spanId = text
            case .step: event.stepId = Int(text)
            case .parent: event.parentStepId = Int(text)
            case .timestamp: event.timestamp = text
            case .key: event.idempotencyKey = text
            case .user: event.externalUserId = text
            case .provider: event.providerId = text
            // A field of a later version.
            case .end, nil: break
            }
        }
        return nil
    }
}
