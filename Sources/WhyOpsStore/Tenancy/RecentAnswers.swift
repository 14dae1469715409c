import Synchronization

/// What a slow source said a moment ago, by key: bounded in number and age, asked once however many want to know.
///
/// An answer is used for `fresh`, and asked for again before that ends where it is in use, so that who asks often never
/// waits. While the source fails, or hangs, an answer is used for `stale`; nobody waits longer than `patience`.
package final class RecentAnswers<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    package struct Times: Sendable {
        package var renew = Duration.seconds(3)
        package var fresh = Duration.seconds(5)
        package var stale = Duration.seconds(60)
        /// How long the source may take before it counts as one that does not answer (PRX-151).
        package var patience = Duration.seconds(2)

        package init() {}
    }

    private struct Entry {
        let value: Value
        /// When the source was asked, so that an answer is never older than it is said to be.
        let askedAt: ContinuousClock.Instant
    }

    private struct Question {
        let task: Task<Value, any Error>
        let askedAt: ContinuousClock.Instant
    }

    private struct State {
        /// Two generations: when the first is full, the second is forgotten.
        var recent: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]
        var asking: [Key: Question] = [:]
    }

    private let times: Times
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let ask: @Sendable (Key) async throws -> Value
    private let state = Mutex(State())

    /// The most questions that are open at once: a source that hangs gathers no more of them.
    private static var maximumOpen: Int { 1000 }

    /// - Parameter capacity: the most keys that are remembered.
    package init(
        times: Times = Times(),
        capacity: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        ask: @escaping @Sendable (Key) async throws -> Value
    ) {
        self.times = times
        self.capacity = capacity
        self.now = now
        self.ask = ask
    }

    /// The answer, where it is known and fresh.
    package func known(_ key: Key) -> Value? {
        let now = now()
        return state.withLock { state in
            guard let entry = state.recent[key] ?? state.older[key], now - entry.askedAt < times.fresh else {
                return nil
            }
            if now - entry.askedAt >= times.renew { _ = asking(key, now, &state) }
            return entry.value
        }
    }

    /// The last answer, however old it is.
    package func last(_ key: Key) -> Value? {
        state.withLock { ($0.recent[key] ?? $0.older[key])?.value }
    }

    /// The answer, which the source is asked for where it is not known.
    ///
    /// - Throws: what the source throws, or `StoreError` where it takes too long, and no answer is left that may be used.
    package func value(_ key: Key) async throws -> Value {
        if let value = known(key) { return value }
        let now = now()
        let question = state.withLock { asking(key, now, &$0) }
        do {
            guard let question else { throw Self.silence }
            // Who comes later to a question that has been open for long does not wait as long again.
            let patience = times.patience - (now - question.askedAt)
            guard patience > .zero, let answer = await FirstAnswer.within(patience, of: { await question.task.result })
            else { throw Self.silence }
            return try answer.get()
        } catch {
            let entry = state.withLock { $0.recent[key] ?? $0.older[key] }
            guard let entry, self.now() - entry.askedAt < times.stale else { throw error }
            return entry.value
        }
    }

    private static var silence: StoreError { StoreError(.unavailable, "The database does not answer.") }

    /// The one question that is under way for a key; `nil` where too many are.
    private func asking(_ key: Key, _ now: ContinuousClock.Instant, _ state: inout State) -> Question? {
        if let question = state.asking[key] { return question }
        guard state.asking.count < Self.maximumOpen else { return nil }
        let task = Task {
            do {
                let value = try await ask(key)
                self.state.withLock { self.insert(Entry(value: value, askedAt: now), key, &$0) }
                return value
            } catch {
                _ = self.state.withLock { $0.asking.removeValue(forKey: key) }
                throw error
            }
        }
        let question = Question(task: task, askedAt: now)
        state.asking[key] = question
        return question
    }

    private func insert(_ entry: Entry, _ key: Key, _ state: inout State) {
        state.asking[key] = nil
        state.older[key] = nil
        state.recent[key] = entry
        guard state.recent.count > capacity / 2 else { return }
        state.older = state.recent
        state.recent = [:]
    }
}
