import Metrics
import Synchronization

/// A counter of what is counted elsewhere.
final class TotalCounter: Sendable {
    private let counter: Counter
    private let known = Mutex(0)

    init(_ counter: Counter) {
        self.counter = counter
    }

    /// Brings it up to a total, which never goes back.
    func follow(_ total: Int) {
        let more = known.withLock { known in
            defer { known = max(known, total) }
            return max(0, total - known)
        }
        counter.increment(by: more)
    }
}
