import Synchronization

/// Something that happens once, with one task that waits for it.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Value?, Never>)
        case fired(Value)
    }

    private let state = Mutex(State.idle)

    /// Says that it happened; only the first time counts.
    func fire(_ value: Value) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            switch state {
            case .fired: return nil
            case .idle:
                state = .fired(value)
                return nil
            case .waiting(let waiter):
                state = .fired(value)
                return waiter
            }
        }
        waiter?.resume(returning: value)
    }

    /// What happened, once it did; nothing where the task is cancelled before.
    func wait() async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Value?? in
                    if case .fired(let value) = state { return .some(value) }
                    // Cancellation is visible here before its handler runs, or the handler finds the continuation.
                    if Task.isCancelled { return .some(nil) }
                    state = .waiting(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                guard case .waiting(let waiter) = state else { return nil }
                state = .idle
                return waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}
