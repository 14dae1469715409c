/// Which trace a request belongs to, and what decided (TRC-2).
public struct TraceResolution: Sendable, Hashable {
    /// What decided (TRC-7).
    public enum Source: String, Sendable {
        case traceHeader = "header.trace"
        case threadHeader = "header.thread"
        case signatureV2 = "signature.v2"
        case echo
        case signatureV1 = "signature.v1"
        case toolArgument = "tool-argument"
        case harness
        case lineage
        case new
    }

    /// The trace.
    public private(set) var id: TraceID
    /// What decided.
    public private(set) var source: Source
    /// Other traces that the history speaks of, newest first (TRC-10).
    public let links: [TraceID]
    /// The headers whose values could not be a trace id (TRC-3).
    public let ignoredHeaders: [TraceHeader]
    /// Which of a harness session's agents asks (TRC-33).
    public let harness: HarnessSession

    /// The most links that are kept.
    public static let maximumLinks = 16

    /// Climbs the ladder.
    ///
    /// - Parameters:
    ///   - traceHeader: the value of `X-Trace-ID`.
    ///   - threadHeader: the value of `X-Thread-ID`.
    ///   - turns: the assistant turns of the history, newest first.
    ///   - known: the traces of echoed ids that this node has handed out, in the caller's environment.
    ///   - harness: the session that a coding harness names.
    ///   - fresh: the id to take where nothing decides; made only then.
    ///   - acceptsV1: whether version 1 signatures count.
    public init(
        traceHeader: String?,
        threadHeader: String?,
        turns: [AssistantTurn],
        known: [EchoID: TraceID],
        harness: HarnessSession = HarnessSession(),
        fresh: @autoclosure () -> TraceID,
        acceptsV1: Bool = true
    ) {
        var found: [(TraceID, Source)] = []
        var ignored = harness.ignoredHeaders
        for (header, value, source) in [
            (TraceHeader.traceID, traceHeader, Source.traceHeader), (.threadID, threadHeader, .threadHeader),
        ] {
            guard let value else { continue }
            if let id = TraceID(headerValue: value) { found.append((id, source)) } else { ignored.append(header) }
        }
        for turn in turns {
            // TRC-4: a tag that verifies is proof; an id that a reply of ours carried proves more than other text does.
            if let id = turn.verified { found.append((id, .signatureV2)) }
            for echo in turn.echoes.reversed() {
                if let id = known[echo] { found.append((id, .echo)) }
            }
            if acceptsV1, let id = turn.signature { found.append((id, .signatureV1)) }
            if let id = turn.toolArgument { found.append((id, .toolArgument)) }
        }
        if let id = harness.trace { found.append((id, .harness)) }
        let decisive = found.first ?? (fresh(), .new)
        var links: [TraceID] = []
        for (id, _) in found where id != decisive.0 && !links.contains(id) && links.count < Self.maximumLinks {
            links.append(id)
        }
        self.id = decisive.0
        self.source = decisive.1
        self.links = links
        self.ignoredHeaders = ignored
        self.harness = harness
    }

    /// The same request where its lineage decides, which it does only where nothing else did (TRC-40).
    public func joining(_ trace: TraceID?) -> TraceResolution {
        guard source == .new, let trace else { return self }
        var resolution = self
        resolution.id = trace
        resolution.source = .lineage
        return resolution
    }
}
