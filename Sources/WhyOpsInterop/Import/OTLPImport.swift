public import WhyOps

/// Reads requests of OTLP/HTTP in JSON and in Protocol Buffers, whichever conventions their attributes follow, and makes events of them.
///
/// All spans of a file are taken before events are made: whom a span belongs to is said by spans that end after it.
public struct OTLPImport: Sendable {
    /// An event, and where the span stood that it was made of.
    public struct Imported: Sendable {
        /// What the span says.
        public let event: Event
        /// The line of its request, as it was given.
        public let line: Int
    }

    private var spans: [ForeignSpan] = []

    /// How many spans were taken.
    public var count: Int { spans.count }

    /// How many spans were not taken because their ids are none: not digits, not base64, not there.
    public private(set) var unreadable = 0

    /// Nothing taken.
    public init() {}

    /// Whether a JSON value is a request of OTLP for spans.
    public static func isRequest(_ value: JSONValue) -> Bool { value.list("resourceSpans") != nil }

    /// Takes the spans of a request; those without ids are `unreadable`.
    ///
    /// - Parameter line: where the request stands, for messages.
    public mutating func add(_ request: JSONValue, line: Int = 1) {
        for group in request.list("resourceSpans") ?? [] {
            let resource = OTLPSpan.attributes(group["resource"]?["attributes"])
            for scope in group.list("scopeSpans") ?? [] {
                take((scope.list("spans") ?? []).map { OTLPSpan($0) }, resource: resource, line: line)
            }
        }
    }

    mutating func take(_ read: [OTLPSpan?], resource: [Attribute], line: Int = 1) {
        for span in read {
            guard let span else {
                unreadable += 1
                continue
            }
            spans.append(ForeignSpan(span: span, resource: resource, line: line))
        }
    }

    /// The events of all spans, in the order of time.
    ///
    /// - Returns: the events, and how many spans are about neither models nor tools.
    public func events() -> (events: [Imported], leftOut: Int) {
        let names = ForeignNames(spans)
        var made: [(time: Int64, imported: Imported)] = []
        var leftOut = 0
        for span in spans {
            guard let reading = SpanReading(span, names) else {
                leftOut += 1
                continue
            }
            for event in reading.events {
                let time = event.timestamp.flatMap { Timestamp($0) }?.milliseconds ?? 0
                made.append((time, Imported(event: event, line: span.line)))
            }
        }
        // Those of one moment stay as they came.
        let order = made.indices.sorted { left, right in
            let (first, second) = (made[left], made[right])
            if first.time != second.time { return first.time < second.time }
            if let one = first.imported.event.stepId, let other = second.imported.event.stepId, one != other,
                first.imported.event.traceId == second.imported.event.traceId
            {
                return one < other
            }
            return left < right
        }
        return (order.map { made[$0].imported }, leftOut)
    }
}

/// A span of somebody's.
struct ForeignSpan {
    let span: OTLPSpan
    let resource: [Attribute]
    let line: Int
}

/// What spans say of each other: to which trace they belong and who acts.
struct ForeignNames {
    private struct Key: Hashable {
        let trace: [UInt8]
        let span: [UInt8]
    }

    private var conversations: [Key: String] = [:]
    /// Those of each trace.
    private var conversationsOfTraces: [[UInt8]: Set<String>] = [:]
    private var agents: [Key: String] = [:]
    private var parents: [Key: [UInt8]] = [:]

    /// More ancestors than a trace has that somebody reads; a circle ends here as well.
    private static let maximumDepth = 64

    init(_ spans: [ForeignSpan]) {
        for foreign in spans {
            let span = foreign.span
            let key = Key(trace: span.traceID, span: span.spanID)
            parents[key] = span.parentID
            if let name = Self.trace(span.attributes) {
                conversations[key] = name
                conversationsOfTraces[span.traceID, default: []].insert(name)
            }
            agents[key] = span.attributes.text("gen_ai.agent.name", "agent.name")
        }
    }

    /// Our own name of the trace, else that of the conversation (IOP-31).
    private static func trace(_ attributes: [Attribute]) -> String? {
        let named = attributes.text(
            "whyops.trace.id",
            "gen_ai.conversation.id",
            "session.id",
            "langfuse.session.id",
            "ai.telemetry.metadata.sessionId",
            "traceloop.association.properties.session_id"
        )
        return named.flatMap { $0.isName(of: 128) ? $0 : nil }
    }

    func trace(of span: OTLPSpan) -> String { named(span) ?? Hex.text(span.traceID) }

    /// The name of the trace that a span or the nearest around it has, else the only one: of several, none is a stranger's.
    func named(_ span: OTLPSpan) -> String? {
        if let name = around(span, { conversations[$0] }) { return name }
        let others = conversationsOfTraces[span.traceID] ?? []
        return others.count == 1 ? others.first : nil
    }

    /// The agent that a span or one around it names, else the service.
    func agent(of foreign: ForeignSpan) -> String {
        let named = around(foreign.span) { key in agents[key].flatMap { $0.isName(of: 255) ? $0 : nil } }
        if let named { return named }
        let service = foreign.resource.text("service.name")
        return service.flatMap { $0.isName(of: 255) ? $0 : nil } ?? "unknown"
    }

    /// What is known of a span, else of the nearest around it.
    private func around(_ span: OTLPSpan, _ known: (Key) -> String?) -> String? {
        var key = Key(trace: span.traceID, span: span.spanID)
        for _ in 0..<Self.maximumDepth {
            if let name = known(key) { return name }
            guard let parent = parents[key] else { return nil }
            key = Key(trace: span.traceID, span: parent)
        }
        return nil
    }
}

extension String {
    /// Whether an event may have it as a name (EVT-6, EVT-15).
    func isName(of limit: Int) -> Bool { !isEmpty && utf16.count <= limit && !utf8.contains(0) }
}
