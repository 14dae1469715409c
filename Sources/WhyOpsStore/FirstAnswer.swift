import Synchronization

/// The first of several answers, for one who waits for it.
package final class FirstAnswer<Answer: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Answer?, Never>)
        case given(Answer?)
    }

    private let state = Mutex(State.open)

    package init() {}

    /// Waits for some work, but no longer than it may; `nil` where it was not over by then.
    ///
    /// The work goes on: what hangs in a call of the system cannot be cancelled, and nobody must hang with it.
    package static func within(_ limit: Duration, of work: @escaping @Sendable () async -> Answer) async -> Answer? {
        let first = FirstAnswer()
        Task { first.give(await work()) }
        let patience = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            first.give(nil)
        }
        defer { patience.cancel() }
        return await first.value
    }

    /// Gives an answer, which counts where none was given before.
    package func give(_ answer: Answer?) {
        let waiting = state.withLock { state -> CheckedContinuation<Answer?, Never>? in
            switch state {
            case .open:
                state = .given(answer)
                return nil
            case .awaited(let waiting):
                state = .given(answer)
                return waiting
            case .given: return nil
            }
        }
        waiting?.resume(returning: answer)
    }

    /// The answer that was given first, however long that takes.
    package var value: Answer? {
        get async {
            await withCheckedContinuation { continuation in
                let isGiven = state.withLock { state in
                    if case .given = state { return true }
                    state = .awaited(continuation)
                    return false
                }
                if isGiven { continuation.resume(returning: given) }
            }
        }
    }

    private var given: Answer? {
        state.withLock { if case .given(let answer) = $0 { answer } else { nil } }
    }
}
