import CoreMetrics
import Testing

@testable import WhyOpsCommand

struct PrometheusRegistryTests {
    private func lines(_ registry: PrometheusRegistry, of metric: String) -> [String] {
        registry.exposition().split(separator: "\n").map(String.init).filter { $0.contains(metric) }
    }

    @Test func counterGoesUpAndIsTheSameForTheSameLabels() {
        let registry = PrometheusRegistry(help: ["http.requests": "never", "http_requests": "All \\ of\nthem."])
        let labels = [("route", "chat"), ("a-b", "x")]
        Counter(label: "http.requests", dimensions: labels, factory: registry).increment(by: 2)
        let second = Counter(label: "http.requests", dimensions: labels.reversed(), factory: registry)
        second.increment()
        second.reset()
        FloatingPointCounter(label: "http.requests", dimensions: [], factory: registry).increment(by: 1.75)
        FloatingPointCounter(label: "http.requests", dimensions: [], factory: registry).increment(by: 0.5)
        #expect(
            lines(registry, of: "http_requests") == [
                "# HELP http_requests All \\\\ of\\nthem.",
                "# TYPE http_requests counter",
                "http_requests{a_b=\"x\",route=\"chat\"} 3",
                "http_requests 2",
            ]
        )
    }

    @Test func labelsAreEscaped() {
        let registry = PrometheusRegistry()
        Meter(label: "9 lives", dimensions: [("name", "a\"b\\c\nd")], factory: registry).set(2.5)
        #expect(
            lines(registry, of: "lives") == [
                "# TYPE _9_lives gauge", "_9_lives{name=\"a\\\"b\\\\c\\nd\"} 2.5",
            ]
        )
    }

    @Test func timesAreCountedBySeconds() {
        let registry = PrometheusRegistry()
        let timer = Timer(label: "time", dimensions: [("r", "x")], factory: registry)
        timer.recordNanoseconds(1_000_000)
        timer.recordNanoseconds(1_000_001)
        timer.recordNanoseconds(900_000_000_000)
        let found = lines(registry, of: "time")
        #expect(found.contains("time_bucket{r=\"x\",le=\"0.0005\"} 0"))
        #expect(found.contains("time_bucket{r=\"x\",le=\"0.001\"} 1"))
        #expect(found.contains("time_bucket{r=\"x\",le=\"0.0025\"} 2"))
        #expect(found.contains("time_bucket{r=\"x\",le=\"600\"} 2"))
        #expect(found.contains("time_bucket{r=\"x\",le=\"+Inf\"} 3"))
        #expect(found.contains("time_count{r=\"x\"} 3"))
        #expect(found.contains { $0.hasPrefix("time_sum{r=\"x\"} 900.002") })
    }

    @Test func oneNameHasOneType() {
        let registry = PrometheusRegistry()
        Counter(label: "thing", dimensions: [], factory: registry).increment()
        Meter(label: "thing", dimensions: [("a", "b")], factory: registry).set(7)
        #expect(lines(registry, of: "thing") == ["# TYPE thing counter", "thing 1"])
        #expect(lines(registry, of: "dropped").last == "whyops_metric_series_dropped_total 1")
    }

    @Test func seriesAreBounded() {
        let registry = PrometheusRegistry()
        for number in 0..<PrometheusRegistry.maximumSeries + 3 {
            Counter(label: "many", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        #expect(lines(registry, of: "many{").count == PrometheusRegistry.maximumSeries)
        #expect(lines(registry, of: "dropped").last == "whyops_metric_series_dropped_total 3")
    }
}
