import Synchronization

/// How long a request waits for what the store knows of its trace; then the next rung decides (TRC-6, TRC-41).
struct StorePatience: Sendable {
    private let limit: Duration
    private let places: OpenLookUps

    /// - Parameter maximumOpen: how many look-ups may be under way; with more than that the store is not asked, so that
    ///   one that hangs gathers no more of them.
    init(limit: Duration, maximumOpen: Int = 1000) {
        self.limit = limit
        places = OpenLookUps(maximum: maximumOpen)
    }

    /// The store's answer; `nil` where it has none in time, also where it does not let itself be cancelled (TRC-50).
    func answer<Answer: Sendable>(of ask: @escaping @Sendable () async throws -> Answer) async -> Answer? {
        let first = FirstAnswer<Answer>()
        guard places.take() else { return nil }
        let lookUp = Task { [places] in
            let answer = try? await ask()
            places.giveBack()
            first.give(answer)
        }
        let limit = Task { [limit] in
            // Where the answer came first nobody waits for this one any more.
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            first.give(nil)
            lookUp.cancel()
        }
        defer { limit.cancel() }
        return await first.value
    }
}

/// The look-ups that have not ended, whether somebody waits for them still or not.
private final class OpenLookUps: Sendable {
    private let maximum: Int
    private let count = Mutex(0)

    init(maximum: Int) {
        self.maximum = maximum
    }

    func take() -> Bool {
        count.withLock { count in
            guard count < maximum else { return false }
            count += 1
            return true
        }
    }

    func giveBack() {
        count.withLock { $0 -= 1 }
    }
}

/// The first of several answers, for one who waits for it.
private final class FirstAnswer<Answer: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Answer?, Never>)
        case given(Answer?)
    }

    private let state = Mutex(State.open)

    /// Gives an answer, which counts where none was given before.
    func give(_ answer: Answer?) {
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

    var value: Answer? {
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
