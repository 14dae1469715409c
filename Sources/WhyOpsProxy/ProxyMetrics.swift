package import Metrics
import WhyOps

/// What a proxy tells its operator in numbers (PRX-82). No label's value comes from a request.
package struct ProxyMetrics: Sendable {
    /// What kind of request was answered.
    enum Route: String, CaseIterable {
        case chat, responses, messages, agents, other
        case passThrough = "pass_through"
    }

    private let requests: [Route: [Counter]]
    private let durations: [Route: Timer]
    private let firstBytes: [Vendor: Timer]
    private let sources: [TraceResolution.Source: Counter]
    private let tokens: [Tokens: Counter]

    /// What a provider counts. Those read from a cache are a part of the input at OpenAI and none at Anthropic, so that
    /// each has a name of its own.
    private enum Tokens: String, CaseIterable {
        case input, output
        case cacheRead = "cache_read"
        case cacheWrite = "cache_write"
    }

    /// What each metric means.
    package static let help = [
        "whyops_proxy_requests_total": "Requests answered, by kind of route and class of status.",
        "whyops_proxy_request_duration_seconds": "Time from the head of a request to the last byte of its reply.",
        "whyops_proxy_upstream_first_byte_seconds": "Time from a request upstream to the head of its reply.",
        "whyops_proxy_stitched_total": "Recorded requests, by what decided about their trace.",
        "whyops_proxy_tokens_total": "Tokens that providers counted, as they count them.",
    ]

    /// Makes every series, so that a scraper sees zeros rather than nothing.
    package init(factory: any MetricsFactory) {
        func counter(_ name: String, _ labels: [(String, String)]) -> Counter {
            Counter(label: "whyops_proxy_" + name, dimensions: labels, factory: factory)
        }
        func timer(_ name: String, _ labels: [(String, String)]) -> Timer {
            Timer(label: "whyops_proxy_" + name, dimensions: labels, factory: factory)
        }
        func all<Key: Hashable & CaseIterable, Value>(_ make: (Key) -> Value) -> [Key: Value] {
            Dictionary(uniqueKeysWithValues: Key.allCases.map { ($0, make($0)) })
        }
        requests = all { route in
            Self.classes.map { counter("requests_total", [("route", route.rawValue), ("status", $0)]) }
        }
        durations = all { timer("request_duration_seconds", [("route", $0.rawValue)]) }
        firstBytes = all { timer("upstream_first_byte_seconds", [("vendor", $0.rawValue)]) }
        sources = all { counter("stitched_total", [("source", $0.rawValue)]) }
        tokens = all { counter("tokens_total", [("kind", $0.rawValue)]) }
    }

    /// Classes of status codes; the first one is a request whose client went before it got one.
    private static let classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"]

    /// A request has had its reply; `status` is `nil` where the client went before it.
    func answered(_ route: Route, status: Int?, after duration: Duration) {
        let place = status.map { min(max($0 / 100, 1), 5) } ?? 0
        requests[route]?[place].increment()
        durations[route]?.record(duration: duration)
    }

    /// An upstream has begun its reply.
    func upstreamBegan(_ vendor: Vendor, after duration: Duration) {
        firstBytes[vendor]?.record(duration: duration)
    }

    /// A request has found its trace.
    func stitched(by source: TraceResolution.Source) {
        sources[source]?.increment()
    }

    /// A reply has said how many tokens it took.
    func counted(_ usage: TokenUsage) {
        if let count = usage.prompt { tokens[.input]?.increment(by: count) }
        if let count = usage.completion { tokens[.output]?.increment(by: count) }
        if let count = usage.cacheRead { tokens[.cacheRead]?.increment(by: count) }
        if let count = usage.cacheCreation { tokens[.cacheWrite]?.increment(by: count) }
    }
}
