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
        var listeners: [UInt64: ThreadMailbox] = [:]
        var reader: Task<Void, Never>?
    }

    private struct State {
        var channels: [String: Channel] = [:]
        var count = 0
        var next: UInt64 = 0
    }

    /// Traces that are told of at once; those before are a gap.
    static let changeLimit = 1000
    private static let maximumListeners = 1000
    private static let maximumListenersOfEnvironment = 100
    private static let period = Duration.milliseconds(500)
    /// How much later than its time stamp says a change may be seen: clocks of nodes differ, and commits take time.
    static let overlap: Int64 = 10_000
    /// Less than the 15 seconds of ING-59, since a client counts from what it has received.
    private static let beatPeriod = Duration.seconds(10)

    private let store: any IngestStore
    private let state = Mutex(State())

    init(store: any IngestStore) {
        self.store = store
    }

    /// Somebody who listens until nobody holds this any longer, whether or not it ever came to read.
    final class Listening: Sendable {
        let mailbox: ThreadMailbox
        private let leave: @Sendable () -> Void

        fileprivate init(_ mailbox: ThreadMailbox, leave: @escaping @Sendable () -> Void) {
            self.mailbox = mailbox
            self.leave = leave
        }

        deinit { leave() }
    }

    /// A listener to a tenant's environment; `nil` where there are too many (ING-59).
    func listen(_ tenant: Tenant) -> Listening? {
        let environment = tenant.environmentID
        let mailbox: ThreadMailbox? = state.withLock { state in
            var channel = state.channels[environment] ?? Channel()
            guard state.count < Self.maximumListeners,
                channel.listeners.count < Self.maximumListenersOfEnvironment
            else { return nil }
            state.count += 1
            state.next += 1
            let mailbox = ThreadMailbox(number: state.next)
            channel.listeners[state.next] = mailbox
            if channel.reader == nil { channel.reader = Task { await self.run(tenant) } }
            state.channels[environment] = channel
            return mailbox
        }
        return mailbox.map { mailbox in
            Listening(mailbox) { [weak self] in self?.leave(environment, mailbox.number) }
        }
    }

    private func leave(_ environment: String, _ number: UInt64) {
        state.withLock { state in
            guard state.channels[environment]?.listeners.removeValue(forKey: number) != nil else { return }
            state.count -= 1
            if state.channels[environment]?.listeners.isEmpty == true {
                state.channels.removeValue(forKey: environment)?.reader?.cancel()
            }
        }
    }

    /// Beats have a clock of their own: a store that is slow to answer does not delay them.
    private func run(_ tenant: Tenant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.read(tenant) }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.beatPeriod)
                    self.tell([.beat], tenant.environmentID)
                }
            }
        }
    }

    private func read(_ tenant: Tenant) async {
        var window = ChangeWindow(start: Moment.now)
        while !Task.isCancelled {
            let now = Moment.now
            // A store that cannot be read now is asked again: nothing is skipped meanwhile.
            if let threads = try? await store.changedThreads(
                since: Timestamp(milliseconds: window.moment.milliseconds - Self.overlap),
                limit: Self.changeLimit,
                tenant: tenant
            ) {
                tell(window.messages(for: threads), tenant.environmentID)
                window.pass(to: now)
            }
            try? await Task.sleep(for: Self.period)
        }
    }

    private func tell(_ messages: [Message], _ environment: String) {
        if messages.isEmpty { return }
        let listeners = state.withLock { $0.channels[environment]?.listeners ?? [:] }
        for listener in listeners.values { listener.post(messages) }
    }
}

/// What was told of the newest changes, so that each is told once although the same time is read again and again.
struct ChangeWindow {
    /// The newest change that was seen, or when it was looked for last.
    private(set) var moment: Timestamp
    private var seen: [ExactText: StoredThread] = [:]
    private var isFirst = true

    init(start: Timestamp) {
        moment = start
    }

    /// What is new among the newest changes, given oldest first.
    mutating func messages(for threads: [StoredThread]) -> [ThreadFeed.Message] {
        var messages: [ThreadFeed.Message] = []
        var now: [ExactText: StoredThread] = [:]
        for thread in threads {
            let id = ExactText(thread.traceId)
            now[id] = thread
            if let before = seen[id] {
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

    /// Everything up to a moment was read: what is older than the overlap need not be read again, also where nothing new comes.
    mutating func pass(to time: Timestamp) {
        if time > moment { moment = time }
    }
}
