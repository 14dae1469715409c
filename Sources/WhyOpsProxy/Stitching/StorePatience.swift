import Synchronization
import WhyOpsStore

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
