import Dispatch
import Synchronization

/// How long writers wait for a database that another process keeps locked: all of them together, not one after the other,
/// since each of them waits for those before it, too (ING-73).
final class LockPatience: Sendable {
    private struct Lock {
        let since: ContinuousClock.Instant
        var seen: ContinuousClock.Instant
    }

    /// The lock that was met last is another one when nobody has met it for so long.
    private static let gap = Duration.seconds(1)

    private let limit: Duration
    private let lock = Mutex<Lock?>(nil)

    init(_ limit: Duration) {
        self.limit = limit
    }

    /// Waits a moment for the lock, or says that this has been tried for long enough.
    func wait() -> Bool {
        guard mayTryAgain(at: .now) else { return false }
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(5))
        return true
    }

    /// Whether to go on trying at a moment at which the database is locked.
    func mayTryAgain(at now: ContinuousClock.Instant) -> Bool {
        lock.withLock { lock in
            if let seen = lock?.seen, now - seen < Self.gap {
                lock?.seen = now
            } else {
                lock = Lock(since: now, seen: now)
            }
            return lock.map { now - $0.since < limit } ?? true
        }
    }

    /// Notes that somebody has written, so that the database was not locked.
    func end() {
        lock.withLock { $0 = nil }
    }
}
