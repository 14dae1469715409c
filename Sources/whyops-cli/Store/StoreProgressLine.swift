import Synchronization
import WhyOpsCommand
import WhyOpsStore

/// Shows a person at a terminal how far long work is.
final class StoreProgressLine: Sendable {
    private let shown = Mutex(ContinuousClock.now)
    private let isThere = Mutex(false)

    func show(_ progress: StoreProgress) {
        guard Terminal.isInteractive, progress.total > 0 else { return }
        let isDue = shown.withLock { shown in
            guard ContinuousClock.now - shown > .milliseconds(200) else { return false }
            shown = .now
            return true
        }
        guard isDue else { return }
        isThere.withLock { $0 = true }
        Terminal.status("\(progress.done * 100 / progress.total) % of \(progress.total)")
    }

    /// Takes the line away.
    func end() {
        if isThere.withLock(\.self) { Terminal.status("") }
    }
}
