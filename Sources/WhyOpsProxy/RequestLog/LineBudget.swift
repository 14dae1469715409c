import NIOCore
import Synchronization

/// How many lines may be written of what anybody can cause: some at once, then one in each span of time.
final class LineBudget: Sendable {
    private struct State {
        var left: Int
        /// Since when `left` holds.
        var since: NIODeadline?
        var leftOut = 0
    }

    private let capacity: Int
    private let span: TimeAmount
    private let state: Mutex<State>

    init(atOnce capacity: Int, each span: TimeAmount) {
        self.capacity = capacity
        self.span = span
        state = Mutex(State(left: capacity))
    }

    /// Takes a line: how many were left out since the last one; `nil` where there is none to take.
    func take(at now: NIODeadline) -> Int? {
        state.withLock { state -> Int? in
            let since = state.since ?? now
            let gained = max(0, (now - since).nanoseconds / span.nanoseconds)
            if state.left + Int(gained) >= capacity {
                state.left = capacity
                state.since = now
            } else {
                state.left += Int(gained)
                state.since = since + .nanoseconds(gained * span.nanoseconds)
            }
            guard state.left > 0 else {
                state.leftOut += 1
                return nil
            }
            state.left -= 1
            defer { state.leftOut = 0 }
            return state.leftOut
        }
    }
}
