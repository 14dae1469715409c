import CoreMetrics
import WhyOpsStore

/// What retention tells its operator in numbers (STO-29).
struct RetentionMetrics: Sendable {
    private let traces: Counter
    private let events: Counter
    private let deadLetters: Counter
    private let failures: Counter
    private let lead: Gauge

    static let help = [
        "whyops_retention_removed_traces_total": "Traces that were removed for their age or their project's size.",
        "whyops_retention_removed_events_total": "Events of such traces.",
        "whyops_retention_removed_dead_letters_total": "Dead letters that were removed for their age.",
        "whyops_retention_failures_total": "Runs of retention that failed.",
        "whyops_retention_clock_lead_seconds": "How far the clock is ahead of the time that ages are measured by.",
    ]

    init(factory: any MetricsFactory) {
        func counter(_ label: String) -> Counter { Counter(label: label, dimensions: [], factory: factory) }
        traces = counter("whyops_retention_removed_traces_total")
        events = counter("whyops_retention_removed_events_total")
        deadLetters = counter("whyops_retention_removed_dead_letters_total")
        failures = counter("whyops_retention_failures_total")
        lead = Gauge(label: "whyops_retention_clock_lead_seconds", dimensions: [], factory: factory)
    }

    func removed(_ part: RetentionReport) {
        traces.increment(by: part.traces)
        events.increment(by: part.events)
        deadLetters.increment(by: part.deadLetters)
    }

    func finished(_ report: RetentionReport) {
        lead.record(report.clockLead)
    }

    func failed() {
        failures.increment()
    }
}
