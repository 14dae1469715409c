package import CoreMetrics
import Synchronization

/// The name of a metric with the labels of one series.
struct SeriesName {
    let metric: String
    /// In order of their names.
    let labels: [(String, String)]
}

/// Keeps the metrics of the process for a scraper: the backend of swift-metrics, which the libraries report to.
package final class PrometheusRegistry: MetricsFactory {
    /// The most series that are kept: what comes after them is counted and dropped, so that no label can fill the memory.
    static let maximumSeries = 10_000

    private struct Family {
        let type: String
        var series: [(name: SeriesName, series: any MetricSeries)] = []
        /// The place of each label set in `series`.
        var places: [String: Int] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var count = 0
        var dropped = 0
        var readers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    /// What each metric means.
    private let help: [String: String]

    /// - Parameter help: what each metric means, by its name.
    package init(help: [String: String] = [:]) {
        self.help = help
    }

    // MARK: The factory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, "counter") { CounterSeries() }
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, "counter") { CounterSeries() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, "gauge") { GaugeSeries() }
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            return series(label, dimensions, "histogram") { HistogramSeries(bounds: HistogramSeries.sizes) }
        }
        return series(label, dimensions, "gauge") { GaugeSeries() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, "histogram") { HistogramSeries(bounds: HistogramSeries.seconds) }
    }

    // A series that a scraper has seen stays.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// The series of a name and labels, made where there is none; one that nobody sees where its name has another type
    /// or there are too many.
    private func series<Series: MetricSeries>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ type: String,
        _ make: () -> Series
    ) -> Series {
        let name = SeriesName(
            metric: PrometheusText.name(label),
            labels: dimensions.map { (PrometheusText.name($0.0), $0.1) }.sorted { $0.0 < $1.0 }
        )
        let key = name.labels.map { "\($0.0)\u{1}\($0.1)" }.joined(separator: "\u{2}")
        return state.withLock { state in
            var family = state.families[name.metric] ?? Family(type: type)
            if let place = family.places[key] {
                if let known = family.series[place].series as? Series { return known }
                return make()
            }
            guard family.type == type, state.count < Self.maximumSeries else {
                state.dropped += 1
                return make()
            }
            let series = make()
            family.places[key] = family.series.count
            family.series.append((name, series))
            state.families[name.metric] = family
            state.count += 1
            return series
        }
    }

    // MARK: For the scraper

    /// Adds what brings figures up to date that nobody reports by himself.
    package func beforeReading(_ update: @escaping @Sendable () -> Void) {
        state.withLock { $0.readers.append(update) }
    }

    /// Everything that was reported, in the order of names.
    func exposition() -> String {
        for update in state.withLock({ $0.readers }) { update() }
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        var text = PrometheusText()
        for (metric, family) in families.sorted(by: { $0.key < $1.key }) {
            text.head(metric, type: family.type, help: help[metric])
            for entry in family.series { entry.series.write(entry.name, to: &text) }
        }
        text.head("whyops_metric_series_dropped_total", type: "counter", help: "Series past the most that are kept.")
        text.line("whyops_metric_series_dropped_total", [], dropped.description)
        ProcessFigures.write(to: &text)
        return text.text
    }
}
