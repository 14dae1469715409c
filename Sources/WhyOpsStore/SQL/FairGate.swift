import Synchronization

/// Who may work now: a few at once, of one environment fewer, and others after them in the order in which they came, so that
/// nobody's work keeps all others waiting.
package final class FairGate: Sendable {
    private enum Outcome {
        case entered
        case full
        case cancelled
    }

    private struct Waiter {
        let number: UInt64
        let environmentID: String
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var running = 0
        var runningOf: [String: Int] = [:]
        var waiting: [Waiter] = []
        var waitingOf: [String: Int] = [:]
        var next: UInt64 = 0
        /// Those who were cancelled before they came to wait.
        var cancelled: Set<UInt64> = []
    }

    private let total: Int
    private let each: Int
    private let waitingTotal: Int
    private let waitingEach: Int
    private let patience: Duration
    private let message: String
    private let state = Mutex(State())

    /// - Parameters:
    ///   - total: how many work at once, in all and, with `each`, of one environment.
    ///   - waitingTotal: how many wait; a further one is refused.
    ///   - patience: how long they wait; who is not called by then is refused, too.
    ///   - message: what those who are refused are told.
    package init(
        total: Int,
        each: Int,
        waitingTotal: Int,
        waitingEach: Int,
        patience: Duration = .seconds(10),
        message: String
    ) {
        self.total = total
        self.each = each
        self.waitingTotal = waitingTotal
        self.waitingEach = waitingEach
        self.patience = patience
        self.message = message
    }

    /// Does some work when its turn comes.
    ///
    /// - Throws: `StoreError.overloaded` where too many wait or it does not come in time, `CancellationError` where the task is cancelled meanwhile, and
    ///   what the work throws.
    package func run<Value>(
        for environmentID: String,
        _ work: () async throws -> Value
    ) async throws -> Value {
        try await enter(environmentID)
        defer { leave(environmentID) }
        return try await work()
    }

    private func enter(_ environmentID: String) async throws {
        if entersAtOnce(environmentID) { return }
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let timer = Task { [weak self, patience] in
            guard (try? await Task.sleep(for: patience)) != nil else { return }
            self?.take(number)?.continuation.resume(returning: .full)
        }
        defer { timer.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = begin(Waiter(number: number, environmentID: environmentID, continuation: continuation))
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            cancel(number)
        }
        _ = state.withLock { $0.cancelled.remove(number) }
        switch outcome {
        case .entered: return
        case .full: throw StoreError(.overloaded, message)
        case .cancelled: throw CancellationError()
        }
    }

    /// Most find room, and have nothing to wait with.
    private func entersAtOnce(_ id: String) -> Bool {
        state.withLock { state in
            guard state.running < total, state.runningOf[id, default: 0] < each else { return false }
            Self.start(id, &state)
            return true
        }
    }

    /// Somebody who waits, and then does no more; `nil` where he was called already.
    private func take(_ number: UInt64) -> Waiter? {
        state.withLock { state in
            state.waiting.firstIndex { $0.number == number }.map { Self.call($0, &state) }
        }
    }

    /// What becomes of somebody who has come; `nil` where that is left open for now.
    private func begin(_ waiter: Waiter) -> Outcome? {
        state.withLock { state in
            let id = waiter.environmentID
            if state.cancelled.contains(waiter.number) { return .cancelled }
            if state.running < total, state.runningOf[id, default: 0] < each {
                Self.start(id, &state)
                return .entered
            }
            guard state.waiting.count < waitingTotal, state.waitingOf[id, default: 0] < waitingEach else {
                return .full
            }
            state.waiting.append(waiter)
            state.waitingOf[id, default: 0] += 1
            return nil
        }
    }

    private func cancel(_ number: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            return Self.call(place, &state)
        }
        waiter?.continuation.resume(returning: .cancelled)
    }

    private func leave(_ environmentID: String) {
        let next: Waiter? = state.withLock { state in
            state.running -= 1
            Self.decrease(environmentID, &state.runningOf)
            let place = state.waiting.firstIndex { state.runningOf[$0.environmentID, default: 0] < each }
            guard let place else { return nil }
            let waiter = Self.call(place, &state)
            Self.start(waiter.environmentID, &state)
            return waiter
        }
        next?.continuation.resume(returning: .entered)
    }

    private static func start(_ environmentID: String, _ state: inout State) {
        state.running += 1
        state.runningOf[environmentID, default: 0] += 1
    }

    private static func call(_ place: Int, _ state: inout State) -> Waiter {
        let waiter = state.waiting.remove(at: place)
        decrease(waiter.environmentID, &state.waitingOf)
        return waiter
    }

    private static func decrease(_ environmentID: String, _ counts: inout [String: Int]) {
        let rest = (counts[environmentID] ?? 1) - 1
        counts[environmentID] = rest == 0 ? nil : rest
    }
}
