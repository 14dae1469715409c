import Hummingbird
package import Metrics

/// What ingest tells its operator in numbers (PRX-82).
package struct IngestMetrics: Sendable {
    private let requests: [Counter]
    private let duration: Timer

    /// What each metric means.
    package static let help = [
        "whyops_ingest_requests_total": "Requests answered, by class of status.",
        "whyops_ingest_request_duration_seconds": "Time until the head of the answer.",
    ]

    private static let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    /// Makes every series, so that a scraper sees zeros rather than nothing.
    package init(factory: any MetricsFactory) {
        requests = Self.classes.map {
            Counter(label: "whyops_ingest_requests_total", dimensions: [("status", $0)], factory: factory)
        }
        duration = Timer(label: "whyops_ingest_request_duration_seconds", dimensions: [], factory: factory)
    }

    func answered(status: Int, after time: Duration) {
        requests[min(max(status / 100, 1), 5) - 1].increment()
        duration.record(duration: time)
    }
}

/// Counts every answer, refusals included.
struct MetricsMiddleware: RouterMiddleware {
    typealias Context = IngestServer.Context

    let metrics: IngestMetrics

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        metrics.answered(status: response.status.code, after: ContinuousClock.now - start)
        return response
    }
}
