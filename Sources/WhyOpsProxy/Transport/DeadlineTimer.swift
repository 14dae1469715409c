import NIOCore

/// One timer for all the waits of a connection.
///
/// Moving the deadline later costs nothing: the timer looks at it when it fires and sleeps on.
final class DeadlineTimer {
    private let loop: any EventLoop
    private var deadline: NIODeadline?
    private var scheduled: (task: Scheduled<Void>, at: NIODeadline)?
    private var action: (() -> Void)?

    init(loop: any EventLoop) {
        self.loop = loop
    }

    /// What happens when a wait was too long. The owner must call `cancel` in the end.
    func onExpiry(_ action: @escaping () -> Void) {
        self.action = action
    }

    /// Begins a wait, in place of the one before.
    func wait(seconds: Double, notAfter limit: NIODeadline? = nil) {
        var deadline = NIODeadline.now() + .nanoseconds(Int64(min(seconds, 1e9) * 1e9))
        if let limit { deadline = min(deadline, limit) }
        self.deadline = deadline
        if let scheduled, scheduled.at <= deadline { return }
        schedule(at: deadline)
    }

    /// Ends the wait.
    func stop() {
        deadline = nil
    }

    func cancel() {
        deadline = nil
        scheduled?.task.cancel()
        scheduled = nil
        action = nil
    }

    private func schedule(at moment: NIODeadline) {
        scheduled?.task.cancel()
        let task = loop.assumeIsolated().scheduleTask(deadline: moment) { self.fire() }
        scheduled = (task, moment)
    }

    private func fire() {
        scheduled = nil
        guard let deadline else { return }
        if deadline <= NIODeadline.now() {
            self.deadline = nil
            action?()
        } else {
            schedule(at: deadline)
        }
    }
}
