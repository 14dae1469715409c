import WhyOps

/// What an export says, and in whose words.
public struct TraceExportOptions: Sendable {
    /// A set of names for attributes.
    public enum Conventions: String, CaseIterable, Sendable {
        /// OpenTelemetry's for generative AI.
        case genAI = "otel"
        /// Those of OpenInference.
        case openInference = "openinference"
        /// The attributes of both on each span.
        case both
    }

    /// Whose names the attributes have.
    public var conventions = Conventions.genAI
    /// Whether messages, prompts, arguments and results are there (IOP-15).
    public var withContent = true
    /// Whether external users are named (IOP-15).
    public var withUsers = false
    /// Whether content and metadata go along as they are stored, so that an import gives the same events (IOP-14).
    public var isExact = false

    /// OpenTelemetry's conventions, with content, without users.
    public init() {}

    /// What the output says that it follows: the conventions' repository and revision (IOP-1).
    public var profile: String {
        switch conventions {
        case .genAI: Self.genAIProfile
        case .openInference: Self.openInferenceProfile
        case .both: "\(Self.genAIProfile), \(Self.openInferenceProfile)"
        }
    }

    /// The schema of the attributes; OpenInference has none.
    public var schemaURL: String? {
        conventions == .openInference ? nil : "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"
    }

    private static let genAIProfile = "semantic-conventions-genai@024a4f9"
    private static let openInferenceProfile = "openinference@1fe497f1d"
}

/// The spans of a trace.
public struct TraceExport: Sendable {
    /// One trace's spans: the one that holds all others first, these in the order in which they began.
    public let spans: [OTLPSpan]

    /// Makes the spans of a trace.
    ///
    /// - Parameters:
    ///   - items: the events of one trace, in the order in which they are stored; none make no span.
    ///   - agentID: of the trace's agent.
    public init(_ items: [TraceItem], agentID: String? = nil, options: TraceExportOptions = TraceExportOptions()) {
        guard let first = items.first else {
            spans = []
            return
        }
        var time: Int64 = 0
        let events = items.map { item in
            let event = ReadEvent(item, after: time)
            time = event.time
            return event
        }
        let (operations, loose) = Operation.group(events)
        let trace = TraceNames(first.event.traceId, events: events, agentID: agentID)
        var made = operations.map { SpanMaker(trace, $0, options).span }
        SpanTree.connect(&made, operations, events: events, root: OTLPIdentifiers.root(of: trace.id))
        spans = [SpanMaker.root(trace, made, events: events, loose: loose, options)] + made
    }
}

/// What all spans of a trace have in common.
struct TraceNames {
    let id: String
    let bytes: [UInt8]
    let agentName: String
    let agentID: String?
    /// The trace's id, where the client gave it or a signature brought it back (IOP-9).
    let conversation: String?

    /// Sources of an id that nobody made up here: the client's own headers, and signatures.
    private static let own: Set<String> = ["header.trace", "header.thread", "signature.v2", "signature.v1", "harness"]

    init(_ id: String, events: [ReadEvent], agentID: String?) {
        self.id = id
        self.agentID = agentID
        bytes = OTLPIdentifiers.trace(id)
        agentName = events.first?.event.agentName ?? "unknown"
        // An event without a source came from a client, with the id that the client chose.
        let isOwn = events.contains { $0.source.map(Self.own.contains) ?? true }
        conversation = isOwn ? id : nil
    }
}

/// Which span stands within which (IOP-7).
enum SpanTree {
    /// Gives each span its parent, and a link to the span of the step that it follows.
    static func connect(_ spans: inout [OTLPSpan], _ operations: [Operation], events: [ReadEvent], root: [UInt8]) {
        var places: [Int: Int] = [:]
        for (place, operation) in operations.enumerated() {
            for event in operation.events {
                if let step = event.event.stepId { places[step] = place }
            }
        }
        for (place, operation) in operations.enumerated() {
            spans[place].parentID = root
            for event in operation.events {
                if let parent = event.metadata?["stitch"]?.text("traceparent"), let link = link(traceParent: parent),
                    !spans[place].links.contains(link)
                {
                    spans[place].links.append(link)
                }
            }
            guard let step = operation.events.first?.event.parentStepId, let other = places[step], other != place,
                // An earlier beginning keeps spans from standing within each other in a circle.
                operations[other].firstStep < operation.firstStep
            else { continue }
            if holds(spans[other], spans[place]) { spans[place].parentID = spans[other].spanID }
            spans[place].links.append(
                OTLPSpan.Link(
                    traceID: spans[other].traceID,
                    spanID: spans[other].spanID,
                    attributes: [Attribute("whyops.link", .string("parent_step"))]
                )
            )
        }
    }

    /// Whether one span was going on as long as another.
    private static func holds(_ outer: OTLPSpan, _ inner: OTLPSpan) -> Bool {
        outer.start <= inner.start && inner.end <= outer.end && inner.start < outer.end
    }

    /// The caller's own span (IOP-8).
    private static func link(traceParent: String) -> OTLPSpan.Link? {
        let parts = traceParent.split(separator: "-")
        guard parts.count >= 4, let trace = Hex.bytes(String(parts[1]), count: 16),
            let span = Hex.bytes(String(parts[2]), count: 8)
        else { return nil }
        return OTLPSpan.Link(
            traceID: trace,
            spanID: span,
            attributes: [Attribute("whyops.link", .string("traceparent"))]
        )
    }
}
