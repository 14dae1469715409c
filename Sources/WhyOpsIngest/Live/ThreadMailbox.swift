import Synchronization
import WhyOpsStore

/// What waits for one listener of a stream: the last change of each trace, and never more than `ThreadFeed.changeLimit` of
/// them, however slowly it reads (ING-58).
final class ThreadMailbox: Sendable {
    private struct State {
        /// Changes by their number, the oldest with the smallest.
        var changes: [UInt64: StoredThread] = [:]
        var numbers: [ExactText: UInt64] = [:]
        var next: UInt64 = 0
        /// The oldest number that may be there.
        var first: UInt64 = 0
        var hasGap = false
        var hasBeat = false
    }

    /// What the feed knows the listener by.
    let number: UInt64
    /// One element, or more, for whatever was put in since the last `take`.
    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init(number: UInt64) {
        self.number = number
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Puts messages in; a change takes the place of an earlier one of its trace.
    func post(_ messages: [ThreadFeed.Message]) {
        state.withLock { state in
            for message in messages {
                switch message {
                case .beat: state.hasBeat = true
                case .gap: state.hasGap = true
                case .changed(let thread): Self.add(thread, to: &state)
                }
            }
        }
        signal.yield()
    }

    private static func add(_ thread: StoredThread, to state: inout State) {
        let id = ExactText(thread.traceId)
        if let before = state.numbers[id] { state.changes[before] = nil }
        state.numbers[id] = state.next
        state.changes[state.next] = thread
        state.next += 1
        while state.changes.count > ThreadFeed.changeLimit {
            if let oldest = state.changes.removeValue(forKey: state.first) {
                state.numbers[ExactText(oldest.traceId)] = nil
                state.hasGap = true
            }
            state.first += 1
        }
    }

    /// Takes out what is there: a gap, then the changes, the oldest first, then a beat.
    func take() -> [ThreadFeed.Message] {
        state.withLock { state in
            var messages: [ThreadFeed.Message] = state.hasGap ? [.gap] : []
            messages += state.changes.sorted { $0.key < $1.key }.map { .changed($0.value) }
            // Also beside others, since with it the key is looked at again.
            if state.hasBeat { messages.append(.beat) }
            let next = state.next
            state = State()
            state.next = next
            state.first = next
            return messages
        }
    }
}
