package import CoreMetrics
import Metrics
import NIOCore
import Synchronization
import WhyOps
import WhyOpsEdge

/// What a proxy tells its operator in numbers (PRX-85). No label's value comes from a request.
package final class ProxyMetrics: Sendable {
    /// By kind of route and then by class of status.
    private let requests: [RouteFamily: [Counter]]
    private let durations: [RouteFamily: Timer]
    private let ownTime: Timer
    private let firstBytes: [Vendor: Timer]
    private let open: Meter
    private let sources: [TraceResolution.Source: Counter]
    private let tokens: [Vendor: [Counter]]
    private let signatures: Counter
    private let hiddenTexts: Counter
    private let strippedFrames: [FrameCounts.Proof: Counter]
    private let ignoredHeaders: [TraceHeader: Counter]
    private let troubles: [UpstreamTrouble: [Vendor: Counter]]
    private let connections: Meter
    private let refusedConnections: (told: TotalCounter, dropped: TotalCounter)
    private let waiting: (events: Meter, bytes: Meter)
    private let lost: TotalCounter
    private let truncations: Counter
    private let held: (bodies: Meter, captures: Meter, events: Meter)
    private let links: (echoes: Meter, lineages: Meter)
    private let factory: any MetricsFactory

    /// What each metric means.
    package static let help = [
        "whyops_proxy_requests_total": "Requests that have ended, by kind of route and class of status.",
        "whyops_proxy_request_duration_seconds": "Time from the head of a request to the last byte of its reply.",
        "whyops_proxy_own_duration_seconds": "Time that the proxy took for itself up to the head of a reply.",
        "whyops_proxy_upstream_first_byte_seconds": "Time from a request upstream to the head of its reply.",
        "whyops_proxy_open_requests": "Requests that are being worked on.",
        "whyops_proxy_open_connections": "Connections of clients that are open.",
        "whyops_proxy_refused_connections_total": "Connections past the most that may be open, told so or dropped.",
        "whyops_proxy_stitched_total": "Recorded requests, by what decided about their trace.",
        "whyops_proxy_tokens_total":
            "Tokens that providers counted, as they count them: OpenAI's input has the cached ones.",
        "whyops_proxy_signatures_total": "Signatures that went into replies.",
        "whyops_proxy_hidden_text_total": "Recorded requests with hidden text that is not a signature.",
        "whyops_proxy_stripped_frames_total": "Signatures that were taken out of requests, by what they prove.",
        "whyops_proxy_ignored_headers_total": "Headers that should name a trace and hold no id, by name.",
        "whyops_proxy_upstream_errors_total": "Replies that an upstream refused, broke off or did not give.",
        "whyops_proxy_refusals_total": "Requests that the proxy itself refused, by code.",
        "whyops_proxy_spool_events": "Events of this process that the store does not have yet.",
        "whyops_proxy_spool_bytes": "Bytes that wait for the store.",
        "whyops_proxy_events_lost_total": "Events that could not be kept.",
        "whyops_proxy_captures_truncated_total": "Replies whose event does not have all that they said.",
        "whyops_proxy_held_bytes": "Bytes of bodies of requests and replies that are held.",
        "whyops_proxy_captured_bytes": "Bytes held for what open streams have said, above the first 64 KiB of each.",
        "whyops_proxy_event_bytes": "Bytes held for events that are not whole, above the first 64 KiB of each stream.",
        "whyops_proxy_link_entries": "Ids and keys of conversations whose trace is remembered in memory.",
    ]

    /// Classes of status codes; the first one is a request whose client went before it got one.
    private static let classes = ["none", "2xx", "3xx", "4xx", "5xx"]
    /// What a provider counts, in the order of `counted`.
    private static let tokenKinds = ["input", "output", "cache_read", "cache_write", "reasoning"]
    /// The most that one reply adds to a figure of tokens: what an upstream says may be anything.
    private static let maximumTokens = 1 << 32
    private static let decisions: [TraceResolution.Source] = [
        .traceHeader, .threadHeader, .signatureV2, .echo, .signatureV1, .toolArgument, .harness, .lineage, .new,
    ]

    /// Makes every series, so that a scraper sees zeros rather than nothing.
    package init(factory: any MetricsFactory) {
        func counter(_ name: String, _ labels: [(String, String)] = []) -> Counter {
            Counter(label: "whyops_proxy_" + name, dimensions: labels, factory: factory)
        }
        func timer(_ name: String, _ labels: [(String, String)] = []) -> Timer {
            Timer(label: "whyops_proxy_" + name, dimensions: labels, factory: factory)
        }
        func meter(_ name: String, _ labels: [(String, String)] = []) -> Meter {
            Meter(label: "whyops_proxy_" + name, dimensions: labels, factory: factory)
        }
        func each<Key: Hashable, Value>(_ keys: [Key], _ make: (Key) -> Value) -> [Key: Value] {
            Dictionary(uniqueKeysWithValues: keys.map { ($0, make($0)) })
        }
        self.factory = factory
        requests = each(RouteFamily.allCases) { route in
            Self.classes.map { counter("requests_total", [("route", route.rawValue), ("status", $0)]) }
        }
        durations = each(RouteFamily.allCases) { timer("request_duration_seconds", [("route", $0.rawValue)]) }
        ownTime = timer("own_duration_seconds")
        firstBytes = each(Vendor.allCases) { timer("upstream_first_byte_seconds", [("vendor", $0.rawValue)]) }
        open = meter("open_requests")
        connections = meter("open_connections")
        refusedConnections = (
            TotalCounter(counter("refused_connections_total", [("how", "told")])),
            TotalCounter(counter("refused_connections_total", [("how", "dropped")]))
        )
        sources = each(Self.decisions) { counter("stitched_total", [("source", $0.rawValue)]) }
        tokens = each(Vendor.allCases) { vendor in
            Self.tokenKinds.map { counter("tokens_total", [("vendor", vendor.rawValue), ("kind", $0)]) }
        }
        signatures = counter("signatures_total")
        hiddenTexts = counter("hidden_text_total")
        strippedFrames = each(FrameCounts.Proof.allCases) {
            counter("stripped_frames_total", [("proof", $0.rawValue)])
        }
        ignoredHeaders = each(TraceHeader.allCases) { counter("ignored_headers_total", [("header", $0.rawValue)]) }
        troubles = each(UpstreamTrouble.allCases) { trouble in
            each(Vendor.allCases) { vendor in
                counter("upstream_errors_total", [("vendor", vendor.rawValue), ("kind", trouble.rawValue)])
            }
        }
        waiting = (meter("spool_events"), meter("spool_bytes"))
        lost = TotalCounter(counter("events_lost_total"))
        truncations = counter("captures_truncated_total")
        held = (meter("held_bytes"), meter("captured_bytes"), meter("event_bytes"))
        links = (meter("link_entries", [("kind", "echo")]), meter("link_entries", [("kind", "lineage")]))
        open.set(0)
    }

    // MARK: Requests

    /// A request has come.
    func began() {
        open.increment(by: 1)
    }

    /// A request has had its reply, or its client has gone.
    func ended(_ record: RequestRecord) {
        open.decrement(by: 1)
        let place = record.status.map { min(max($0 / 100, 2), 5) - 1 } ?? 0
        requests[record.route]?[place].increment()
        durations[record.route]?.recordNanoseconds(record.wholeTime.nanoseconds)
        if let own = record.ownTime { ownTime.recordNanoseconds(own.nanoseconds) }
        if let wait = record.upstreamTime { firstBytes[record.vendor]?.recordNanoseconds(wait.nanoseconds) }
        if let trouble = UpstreamTrouble(record) {
            troubles[trouble]?[record.vendor]?.increment()
        } else if record.provider == nil, let code = record.code {
            Counter(label: "whyops_proxy_refusals_total", dimensions: [("code", code)], factory: factory).increment()
        }
    }

    // MARK: Exchanges

    /// A request has found its trace.
    func stitched(by source: TraceResolution.Source) {
        sources[source]?.increment()
    }

    /// Signatures have been taken out of a request.
    func stripped(_ frames: FrameCounts) {
        if frames.isEmpty { return }
        for (proof, counter) in strippedFrames where frames[proof] > 0 { counter.increment(by: frames[proof]) }
    }

    /// Headers that should name a request's trace hold no id (TRC-3, TRC-48).
    func ignored(_ headers: [TraceHeader]) {
        for header in headers { ignoredHeaders[header]?.increment() }
    }

    /// A request holds hidden text that is not ours (EXC-84).
    func foundHiddenText() {
        hiddenTexts.increment()
    }

    /// A reply has said how many tokens it took.
    func counted(_ usage: TokenUsage, _ vendor: Vendor) {
        let counts = [usage.prompt, usage.completion, usage.cacheRead, usage.cacheCreation, usage.reasoning]
        guard let counters = tokens[vendor] else { return }
        for case (let counter, let count?) in zip(counters, counts) where count > 0 {
            counter.increment(by: min(count, Self.maximumTokens))
        }
    }

    /// A reply has gained signatures.
    func signed(_ count: Int) {
        if count > 0 { signatures.increment(by: count) }
    }

    /// The event of a reply does not have all that it said.
    func truncated() {
        truncations.increment()
    }

    // MARK: What is asked for when the figures are

    /// How the events stand on their way to the store.
    package func read(_ recorder: EventRecorder) {
        let (events, bytes) = recorder.waiting
        waiting.events.set(events)
        waiting.bytes.set(bytes)
        lost.follow(recorder.lost)
    }

    /// How many connections there are.
    func read(_ count: ConnectionCount) {
        connections.set(count.current)
        refusedConnections.told.follow(count.told)
        refusedConnections.dropped.follow(count.dropped)
    }

    /// How many bytes are held.
    func read(bodies: BodyBudget, captures: BodyBudget, events: BodyBudget) {
        held.bodies.set(bodies.bytes)
        held.captures.set(captures.bytes)
        held.events.set(events.bytes)
    }

    /// How many links this node remembers.
    func read(_ echoes: EchoTable) {
        links.echoes.set(echoes.count)
        links.lineages.set(echoes.lineages.count)
    }
}
