import WhyOps
import WhyOpsStore

/// An exchange whose request is recorded and whose end is not.
struct OpenExchange: Sendable, Equatable {
    let spanID: String
    let traceID: String
    let agentName: String
    let externalUserID: String?
    let stitch: StitchNote?

    /// What stands in the trace of an exchange that ended with its process (PRX-69).
    var abortion: Event {
        var content = JSONWriter()
        content.object { writer in
            writer.member("message", "The proxy ended before this exchange did; what came of its reply is not known.")
            writer.member("code", "exchange_aborted")
        }
        var metadata = JSONWriter()
        metadata.object { stitch?.write(to: &$0) }
        return Event(
            eventType: .error,
            traceId: traceID,
            agentName: agentName,
            spanId: spanID,
            timestamp: Identifiers.now(),
            content: content.bytes,
            metadata: stitch == nil ? nil : metadata.bytes,
            idempotencyKey: spanID + Event.abortionEnding,
            externalUserId: externalUserID
        )
    }
}

extension EventType {
    fileprivate var endsExchange: Bool {
        switch self {
        case .llmResponse, .embeddingResponse, .error: true
        default: false
        }
    }
}

extension Event {
    fileprivate static let abortionEnding = ".aborted"

    /// Whether it says that an exchange ended with its process.
    var isAbortion: Bool { eventType == .error && idempotencyKey == spanId.map { $0 + Self.abortionEnding } }
}

/// The exchanges that are open, each with the file that says so.
struct OpenExchanges {
    private var exchanges: [String: (exchange: OpenExchange, tenant: Tenant, segment: Int)] = [:]

    var isEmpty: Bool { exchanges.isEmpty }

    /// Takes note of an entry that stands in a file.
    mutating func note(_ entry: QueuedEntry, segment: Int) {
        switch entry {
        case .links: break
        case .open(let exchange, let tenant): exchanges[exchange.spanID] = (exchange, tenant, segment)
        case .ended(let spans, _): for span in spans { exchanges[span] = nil }
        case .events(let events, let tenant):
            for event in events {
                guard let spanID = event.spanId else { continue }
                if event.idempotencyKey == spanID + ".request" {
                    let exchange = OpenExchange(
                        spanID: spanID,
                        traceID: event.traceId,
                        agentName: event.agentName,
                        externalUserID: event.externalUserId,
                        stitch: StitchNote(event)
                    )
                    exchanges[spanID] = (exchange, tenant, segment)
                }
            }
            end(events)
        }
    }

    /// Takes note of events that end exchanges, wherever they are.
    ///
    /// - Returns: the spans of exchanges that were open.
    @discardableResult
    mutating func end(_ events: [Event]) -> [String] {
        var spans: [String] = []
        for event in events where event.eventType.endsExchange {
            if let spanID = event.spanId, exchanges.removeValue(forKey: spanID) != nil { spans.append(spanID) }
        }
        return spans
    }

    /// Whether a file is the last one that speaks of any of them.
    func isNamed(in segment: Int) -> Bool { exchanges.values.contains { $0.segment == segment } }

    /// The exchanges that only one file speaks of, as entries for another one.
    func entries(of segment: Int) -> [QueuedEntry] {
        exchanges.values.filter { $0.segment == segment }.map { .open($0.exchange, $0.tenant) }
    }

    /// What is to be stored when none of them can end any more.
    var abortions: [QueuedEntry] { exchanges.values.map { .events([$0.exchange.abortion], $0.tenant) } }

    mutating func removeAll() { exchanges = [:] }
}
