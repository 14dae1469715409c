import Synchronization
import WhyOps
import WhyOpsStore

/// Tells of traces that are new or changed, by reading the store again and again while somebody listens (ING-56).
///
/// What is read is the store's word, so changes that other nodes make are told too. Each environment is read once, however
/// many listen to it.
final class ThreadFeed: Sendable {
    /// What a listener is told.
    enum Message: Sendable {
        case changed(StoredThread)
        /// Something was left out (ING-58).
        case gap
        /// Time has passed.
        case beat
    }

    private struct Channel {
        var listeners: [UInt64: AsyncStream<Message>.Continuation] = [:]
        var reader: Task<Void, Never>?
    }

    private struct State {
        var channels: [String: Channel] = [:]
        var count = 0
        var next: UInt64 = 0
    }

    /// Traces that are told of at once; those before are a gap.
    static let changeLimit = 1000
    /// Messages that wait for a slow listener.
    private static let waiting = 2000
    private static let maximumListeners = 1000
    private static let period = Duration.milliseconds(500)
    /// How much later than its time stamp says a change may be seen: clocks of nodes differ, and commits take time.
    static let overlap: Int64 = 5000
    /// Reads between two beats: 15 seconds at most (ING-59).
    private static let beat = 24

    private let store: any IngestStore
    private let state = Mutex(State())

    init(store: any IngestStore) {
        self.store = store
    }

    /// A listener to a tenant's environment; `nil` where there are too many.
    func listen(_ tenant: Tenant) -> AsyncStream<Message>? {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Message.self,
            bufferingPolicy: .bufferingOldest(Self.waiting)
        )
        let environment = tenant.environmentID
        let id: UInt64? = state.withLock { state in
            guard state.count < Self.maximumListeners else { return nil }
            state.count += 1
            state.next += 1
            var channel = state.channels[environment] ?? Channel()
            channel.listeners[state.next] = continuation
            if channel.reader == nil { channel.reader = Task { await self.read(tenant) } }
            state.channels[environment] = channel
            return state.next
        }
        guard let id else { return nil }
        continuation.onTermination = { [weak self] _ in self?.leave(environment, id) }
        return stream
    }

    private func leave(_ environment: String, _ id: UInt64) {
        state.withLock { state in
            guard state.channels[environment]?.listeners.removeValue(forKey: id) != nil else { return }
            state.count -= 1
            if state.channels[environment]?.listeners.isEmpty == true {
                state.channels.removeValue(forKey: environment)?.reader?.cancel()
            }
        }
    }

    private func read(_ tenant: Tenant) async {
        var window = ChangeWindow(start: Moment.now)
        var count = 0
        while !Task.isCancelled {
            // A store that cannot be read now is asked again: nothing is skipped meanwhile.
            if let threads = try? await store.changedThreads(
                since: Timestamp(milliseconds: window.moment.milliseconds - Self.overlap),
                limit: Self.changeLimit,
                tenant: tenant
            ) {
                tell(window.messages(for: threads), tenant.environmentID)
            }
            count += 1
            if count % Self.beat == 0 { tell([.beat], tenant.environmentID) }
            try? await Task.sleep(for: Self.period)
        }
    }

    private func tell(_ messages: [Message], _ environment: String) {
        if messages.isEmpty { return }
        let listeners = state.withLock { $0.channels[environment]?.listeners ?? [:] }
        for listener in listeners.values {
            for message in messages {
                // Who reads so slowly is sent away, and comes back with what it saw last.
                if case .dropped = listener.yield(message) {
                    listener.finish()
                    break
                }
            }
        }
    }
}

/// What was told of the newest changes, so that each is told once although the same time is read again and again.
struct ChangeWindow {
    /// The newest change that was seen.
    private(set) var moment: Timestamp
    private var seen: [String: StoredThread] = [:]
    private var isFirst = true

    init(start: Timestamp) {
        moment = start
    }

    /// What is new among the newest changes, given oldest first.
    mutating func messages(for threads: [StoredThread]) -> [ThreadFeed.Message] {
        var messages: [ThreadFeed.Message] = []
        var now: [String: StoredThread] = [:]
        for thread in threads {
            now[thread.traceId] = thread
            if let before = seen[thread.traceId] {
                if before.lastActivity == thread.lastActivity, before.eventCount == thread.eventCount { continue }
            } else if isFirst, thread.lastActivity < moment.text {
                // From before anybody listened.
                continue
            }
            messages.append(.changed(thread))
        }
        // Nothing known among as many as there may be: others may have changed before them.
        if threads.count == ThreadFeed.changeLimit, messages.count == threads.count { messages.insert(.gap, at: 0) }
        seen = now
        isFirst = false
        if let newest = threads.last.flatMap({ Timestamp($0.lastActivity) }), newest > moment { moment = newest }
        return messages
    }
}
