import Synchronization
import WhyOpsCommand

/// How far a run is, on a terminal only.
final class ProgressLine: Sendable {
    private let total: Int
    private let finished = Mutex(0)

    init(total: Int) {
        self.total = total
    }

    func advance(by count: Int) {
        let sum = finished.withLock { sum in
            sum += count
            return sum
        }
        if Terminal.isInteractive { Terminal.status("\(sum) of \(total) cases") }
    }

    func clear() {
        if Terminal.isInteractive { Terminal.status("") }
    }
}
