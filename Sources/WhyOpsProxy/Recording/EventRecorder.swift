package import Logging
import ServiceLifecycle
import Synchronization
package import WhyOps
package import WhyOpsStore

/// Takes events from exchanges and brings them into the store, in order, without an exchange ever waiting for it.
///
/// What is waiting is bounded; beyond that events are counted as lost and logged, never silently dropped. With a spool
/// what was taken survives the process (PRX-60).
package final class EventRecorder: Service {
    private struct Life {
        /// Exchanges that have not recorded everything yet.
        var active = 0
        var isEnding = false
        /// What stores the events of an earlier process.
        var recovery: Task<Void, Never>?
        /// When the time that was given for ending was over.
        var cancelledAt: ContinuousClock.Instant?
        /// When events that were not kept were logged last, and how many there were since.
        var reportedAt: ContinuousClock.Instant?
        var unreported = 0
    }

    let store: any Store
    let logger: Logger
    let queue: any EventQueue
    private let life = Mutex(Life())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// How long the store is still filled when the time of open exchanges is over. Where the rest is safe, one that works
    /// gets no new batch in the last fifth of it; one that hangs is left alone at its end.
    private let afterTime: Duration

    /// A recorder whose events wait in memory.
    ///
    /// - Parameter afterTime: how long the store is still filled when the time of open exchanges is over.
    package convenience init(
        store: any Store,
        logger: Logger,
        maximumBytes: Int = 256 * 1024 * 1024,
        afterTime: Duration = .seconds(5)
    ) {
        let queue = MemoryQueue(maximumBytes: maximumBytes)
        self.init(store: store, logger: logger, queue: queue, afterTime: afterTime)
    }

    /// A recorder whose events wait in files.
    ///
    /// - Parameter afterTime: how long the store is still filled when the time of open exchanges is over.
    package convenience init(store: any Store, logger: Logger, spool: Spool, afterTime: Duration = .seconds(5)) {
        self.init(store: store, logger: logger, queue: spool, afterTime: afterTime)
    }

    private init(store: any Store, logger: Logger, queue: any EventQueue, afterTime: Duration) {
        self.afterTime = afterTime
        self.store = store
        self.logger = logger
        self.queue = queue
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Events that could not be kept.
    package var lost: Int { queue.lost }

    /// What waits for the store.
    package var waiting: (events: Int, bytes: Int) { queue.waiting }

    // MARK: The exchanges' side

    /// Takes the events of an exchange; returns at once, and with a spool when the system has their bytes.
    package func record(_ events: [Event], tenant: Tenant) {
        if events.isEmpty { return }
        if let refusal = queue.append(.events(events, tenant)) { report(events.count, refusal) }
        wakeUp.yield()
    }

    /// Takes links; returns at once. This node knows those that cannot be kept still.
    func record(_ links: [StitchLink], tenant: Tenant) {
        if links.isEmpty { return }
        if let refusal = queue.append(.links(links, tenant)) { report(0, refusal) }
        wakeUp.yield()
    }

    /// Takes links and then the events of the reply that gave them out, as the two calls for each would, in one write.
    func record(_ links: [StitchLink], _ events: [Event], tenant: Tenant) {
        if links.isEmpty || events.isEmpty {
            record(links, tenant: tenant)
            return record(events, tenant: tenant)
        }
        let refusals = queue.append(.links(links, tenant), .events(events, tenant))
        if let refusal = refusals.first { report(0, refusal) }
        if let refusal = refusals.second { report(events.count, refusal) }
        wakeUp.yield()
    }

    /// Says that an exchange has begun whose events are still to come; `end` must follow.
    func begin() {
        life.withLock { $0.active += 1 }
    }

    /// Says that an exchange has recorded everything.
    func end() {
        let isLast = life.withLock { life in
            life.active -= 1
            return life.isEnding && life.active == 0
        }
        if isLast { wakeUp.finish() }
    }

    /// Logs what is not kept, at most once a second: a full disk is no reason to fill it with a log.
    func report(_ events: Int, _ refusal: QueueRefusal) {
        let now = ContinuousClock.now
        let count = life.withLock { life -> Int? in
            life.unreported += events
            if let last = life.reportedAt, now - last < .seconds(1) { return nil }
            defer { life.unreported = 0 }
            life.reportedAt = now
            return life.unreported
        }
        guard let count else { return }
        logger.error(
            "Events cannot be kept",
            metadata: [
                "events": "\(count)", "lost": "\(lost)", "reason": "\(refusal.reason.rawValue)",
                "detail": "\(refusal.detail)",
            ]
        )
    }

    // MARK: The store's side

    /// Brings what an earlier process left into the store, and waits for that, but not longer than it may.
    ///
    /// What remains then follows while `run` works, and where the store does not answer `run` tries again.
    package func recover(within limit: Duration) async {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            while !hasNoTimeLeft, let portion = await queue.next(), queue.isOfEarlierProcess(portion),
                await store(portion.entries, attempts: 1)
            {
                await queue.remove(portion)
            }
            end.finish()
        }
        life.withLock { $0.recovery = task }
        let patience = Task {
            try await Task.sleep(for: limit)
            end.finish()
        }
        for await _ in ends {}
        patience.cancel()
    }

    /// Works until it is told to stop, gracefully or not, and then until the last exchange has ended and nothing waits,
    /// or what waits is safe where it is. For a store that hangs it waits no longer than `afterTime` (PRX-122).
    package func run() async throws {
        let end = FirstAnswer<Void>()
        // A task of its own: what was recorded is stored also when the services around are cancelled.
        Task {
            // The queue gives the same portion to everybody who asks, so one at a time.
            await life.withLock { $0.recovery }?.value
            var hasTime = await drain()
            for await _ in wakeUps where hasTime { hasTime = await drain() }
            if hasTime, await drain() { await storeLastGaps() }
            await queue.close()
            end.give(())
        }
        let isDone = await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await end.value != nil
            } onGracefulShutdown: {
                self.beginEnding()
            }
        } onCancel: {
            life.withLock { $0.cancelledAt = .now }
            beginEnding()
            Task { [afterTime] in
                try? await Task.sleep(for: afterTime)
                end.give(nil)
            }
        }
        if !isDone { reportSilence() }
    }

    /// The store does not come back from what it was asked for last, and there is no more time.
    private func reportSilence() {
        let (events, bytes) = queue.waiting
        let line: Logger.Metadata = ["events": "\(events)", "bytes": "\(bytes)"]
        if queue.isDurable {
            logger.warning("The store does not answer: events stay in the spool", metadata: line)
        } else {
            queue.lose(events)
            logger.error("Events lost: the store does not answer", metadata: line)
        }
    }

    private func beginEnding() {
        let isIdle = life.withLock { life in
            life.isEnding = true
            return life.active == 0
        }
        if isIdle { wakeUp.finish() }
    }

    /// Stores what waits, in order; `false` where it stays in the queue, because the process ends first.
    private func drain() async -> Bool {
        while !hasNoTimeLeft {
            if let portion = await queue.next() {
                guard await store(portion.entries) else { return false }
                await queue.remove(portion)
            } else {
                // Nothing of these traces waits any more, so their markers come in order.
                let gaps = queue.takeGaps()
                if gaps.isEmpty { return true }
                guard await store(gaps) else {
                    keep(gaps)
                    return false
                }
            }
        }
        return false
    }

    var isEnding: Bool { life.withLock { $0.isEnding } }

    var hasNoTimeLeft: Bool {
        guard queue.isDurable, let cancelledAt = life.withLock({ $0.cancelledAt }) else { return false }
        return ContinuousClock.now - cancelledAt > afterTime * 4 / 5
    }

    /// Gaps that came up while the process ended.
    private func storeLastGaps() async {
        if !queue.isDurable { return }
        let gaps = queue.takeGaps()
        if gaps.isEmpty { return }
        if await !store(gaps, attempts: 1) { keep(gaps) }
    }

    /// Leaves markers for the next start.
    private func keep(_ gaps: [QueuedEntry]) {
        for gap in gaps {
            if let refusal = queue.append(gap) { report(gap.eventCount, refusal) }
        }
    }
}
