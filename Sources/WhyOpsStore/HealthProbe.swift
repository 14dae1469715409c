import Synchronization

/// Asks a store whether it works, and takes silence for a no (PRX-83, ING-1).
///
/// One question is under way at a time however many ask, so that a store that hangs gathers none.
package final class HealthProbe: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<Bool, Never>
        var timer: Task<Void, Never>?
    }

    private struct State {
        var isAsking = false
        var waiters: [UInt64: Waiter] = [:]
        var next: UInt64 = 0
    }

    private let limit: Duration
    private let ask: @Sendable () async -> Bool
    private let state = Mutex(State())

    /// - Parameter limit: how long somebody waits for the answer.
    package init(limit: Duration = .seconds(2), ask: @escaping @Sendable () async -> Bool) {
        self.limit = limit
        self.ask = ask
    }

    /// Whether the store said within the limit that it works.
    package func isHealthy() async -> Bool {
        await withCheckedContinuation { continuation in
            let (id, isFirst) = state.withLock { state in
                let id = state.next
                state.next += 1
                state.waiters[id] = Waiter(continuation: continuation)
                defer { state.isAsking = true }
                return (id, !state.isAsking)
            }
            let timer = Task { [limit] in
                try? await Task.sleep(for: limit)
                self.state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: false)
            }
            state.withLock { $0.waiters[id]?.timer = timer }
            guard isFirst else { return }
            Task {
                let answer = await ask()
                let waiters = state.withLock { state in
                    state.isAsking = false
                    defer { state.waiters = [:] }
                    return state.waiters
                }
                for waiter in waiters.values {
                    waiter.timer?.cancel()
                    waiter.continuation.resume(returning: answer)
                }
            }
        }
    }
}
