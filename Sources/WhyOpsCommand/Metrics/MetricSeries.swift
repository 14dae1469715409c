import CoreMetrics
import Synchronization

/// One line of a metric, or the lines of one histogram: what a label set has come to.
protocol MetricSeries: AnyObject, Sendable {
    /// Writes its lines, each with the name and labels that it is kept under.
    func write(_ series: SeriesName, to text: inout PrometheusText)
}

/// Goes up only.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler, MetricSeries {
    private let whole = Atomic<Int64>(0)
    /// The part below 1 of what was added as a fraction.
    private let fraction = Mutex<Double>(0)

    func increment(by amount: Int64) {
        if amount > 0 { whole.wrappingAdd(amount, ordering: .relaxed) }
    }

    func increment(by amount: Double) {
        guard amount > 0, amount < 9e18 else { return }
        let carried = fraction.withLock { rest in
            let sum = rest + amount
            let carried = sum.rounded(.down)
            rest = sum - carried
            return carried
        }
        whole.wrappingAdd(Int64(carried), ordering: .relaxed)
    }

    /// A counter that a scraper has seen must not go back, so that nothing is reset.
    func reset() {}

    func write(_ series: SeriesName, to text: inout PrometheusText) {
        text.line(series.metric, series.labels, whole.load(ordering: .relaxed).description)
    }
}

/// Goes up and down.
final class GaugeSeries: MeterHandler, RecorderHandler, MetricSeries {
    private let value = Mutex<Double>(0)

    func set(_ new: Int64) { set(Double(new)) }
    func set(_ new: Double) { value.withLock { $0 = new } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ new: Int64) { set(new) }
    func record(_ new: Double) { set(new) }

    func write(_ series: SeriesName, to text: inout PrometheusText) {
        text.line(series.metric, series.labels, PrometheusText.number(value.withLock { $0 }))
    }
}

/// Counts values by size. Times are in seconds.
final class HistogramSeries: TimerHandler, RecorderHandler, MetricSeries {
    /// The upper bounds of times in seconds: from a proxy's own work to a model's longest reply.
    static let seconds = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
        120,
        300, 600,
    ]
    /// The upper bounds of counts and sizes.
    static let sizes = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 16_777_216.0]

    private struct State {
        var counts: [Int]
        var sum = 0.0
        var total = 0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: [Int](repeating: 0, count: bounds.count)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let place = bounds.firstIndex { value <= $0 }
        state.withLock { state in
            if let place { state.counts[place] += 1 }
            state.sum += value
            state.total += 1
        }
    }

    func write(_ series: SeriesName, to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        var below = 0
        for (bound, count) in zip(bounds, state.counts) {
            below += count
            let labels = series.labels + [("le", PrometheusText.number(bound))]
            text.line(series.metric + "_bucket", labels, below.description)
        }
        text.line(series.metric + "_bucket", series.labels + [("le", "+Inf")], state.total.description)
        text.line(series.metric + "_sum", series.labels, PrometheusText.number(state.sum))
        text.line(series.metric + "_count", series.labels, state.total.description)
    }
}
