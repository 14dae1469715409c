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

    private let store: any Store
    private let logger: Logger
    private let queue: any EventQueue
    private let life = Mutex(Life())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// How often the store is tried when nobody has time to wait: at the end of the process.
    private static let lastAttempts = 8
    /// The same where nothing is lost by leaving it for the next start.
    private static let lastAttemptsWithSpool = 1
    /// How long a store that works is still filled when the time of open exchanges is over, where the rest is safe.
    private let afterTime: Duration

    /// A recorder whose events wait in memory.
    package convenience init(store: any Store, logger: Logger, maximumBytes: Int = 256 * 1024 * 1024) {
        self.init(store: store, logger: logger, queue: MemoryQueue(maximumBytes: maximumBytes))
    }

    /// A recorder whose events wait in files.
    ///
    /// - Parameter afterTime: how long a store that works is still filled when the time of open exchanges is over.
    package convenience init(store: any Store, logger: Logger, spool: Spool, afterTime: Duration = .seconds(5)) {
        self.init(store: store, logger: logger, queue: spool, afterTime: afterTime)
    }

    private init(store: any Store, logger: Logger, queue: any EventQueue, afterTime: Duration = .zero) {
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
    private func report(_ events: Int, _ refusal: QueueRefusal) {
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
    /// or what waits is safe where it is.
    package func run() async throws {
        // A task of its own: what was recorded is stored also when the services around are cancelled.
        let worker = Task {
            // The queue gives the same portion to everybody who asks, so one at a time.
            await life.withLock { $0.recovery }?.value
            var hasTime = await drain()
            for await _ in wakeUps where hasTime { hasTime = await drain() }
            if hasTime, await drain() { await storeLastGaps() }
            await queue.close()
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await worker.value
            } onGracefulShutdown: {
                self.beginEnding()
            }
        } onCancel: {
            life.withLock { $0.cancelledAt = .now }
            beginEnding()
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

    private var hasNoTimeLeft: Bool {
        guard queue.isDurable, let cancelledAt = life.withLock({ $0.cancelledAt }) else { return false }
        return ContinuousClock.now - cancelledAt > afterTime
    }

    /// Stores entries, however often it takes: each event has a key, so that a repetition stores nothing twice (EXC-55).
    ///
    /// - Returns: `false` where they are left in the queue, because the process ends and the store does not answer.
    private func store(_ entries: [QueuedEntry], attempts limit: Int? = nil) async -> Bool {
        for batch in StoreBatch.joining(entries) {
            // What is stored twice is stored once.
            if hasNoTimeLeft { return false }
            guard await store(batch, attempts: limit) else { return false }
        }
        return true
    }

    private func store(_ batch: StoreBatch, attempts limit: Int?) async -> Bool {
        var delay = Duration.milliseconds(50)
        var attempts = 0
        var isSingle = false
        while true {
            do {
                if isSingle {
                    try await storeSingly(batch)
                    return true
                }
                let results = try await store.append(batch.events, links: batch.links, tenant: batch.tenant)
                isSingle = results.contains { $0.status == .conflict }
                if !isSingle { return true }
            } catch let error as StoreError where error.code == .refused && !isSingle {
                // No other attempt will do better, and nothing that comes later waits for this.
                isSingle = true
            } catch {
                attempts += 1
                logger.warning(
                    "Events could not be stored yet",
                    metadata: ["attempt": "\(attempts)", "events": "\(batch.events.count)", "error": "\(error)"]
                )
                // While the process runs there is time; when it ends there is an end.
                let last = queue.isDurable ? Self.lastAttemptsWithSpool : Self.lastAttempts
                if let limit, attempts >= limit { return false }
                if attempts >= last, life.withLock({ $0.isEnding }) { break }
                try? await Task.sleep(for: delay)
                delay = min(delay * 2, .seconds(2))
            }
        }
        if queue.isDurable { return false }
        queue.lose(batch.events.count)
        logger.error("Events lost: the store refuses them", metadata: ["events": "\(batch.events.count)"])
        return true
    }

    /// What the store refuses must not take the others with it: a conflict, or what its database can never hold.
    private func storeSingly(_ batch: StoreBatch) async throws {
        var links = 0
        for link in batch.links {
            let isRefused = try await isRefused { _ = try await store.append([], links: [link], tenant: batch.tenant) }
            if isRefused { links += 1 }
        }
        var refused: [Event] = []
        for event in batch.events {
            var status: AppendResult.Status?
            let isNever = try await isRefused {
                status = try await store.append([event], tenant: batch.tenant).first?.status
            }
            // Made anew after each start, with other times: the trace has it.
            if status == .conflict, event.isAbortion { continue }
            guard isNever || status != .saved && status != .skipped && status != .sampledOut else { continue }
            // A marker that is refused must not be marked: it would call for another one, and so on for ever.
            if SpoolGaps.isMarker(event) { continue }
            refused.append(event)
            // In the place of the event, so before what comes later in its trace.
            guard queue.isDurable else { continue }
            let marker = SpoolGaps.marker(inPlaceOf: event, tenant: batch.tenant)
            _ = try await isRefused { _ = try await store.append([marker], tenant: batch.tenant) }
        }
        if let first = refused.first {
            queue.lose(refused.count)
            await bury(refused, batch.tenant)
            let detail =
                "the store refuses them, first an event '\(first.eventType.rawValue)' of the trace '\(first.traceId)'"
            report(refused.count, QueueRefusal(reason: .refused, detail: detail))
        } else if links > 0 {
            report(0, QueueRefusal(reason: .refused, detail: "the store refuses \(links) links"))
        }
    }

    /// ING-40: what the store never takes waits for somebody to look at it.
    private func bury(_ events: [Event], _ tenant: Tenant) async {
        guard let store = store as? any IngestStore else { return }
        let letters = events.map { event in
            DeadLetter(
                source: .proxy,
                reason: DeadLetter.Reason(.refused, "The store refuses the event"),
                eventType: event.eventType.rawValue,
                traceId: event.traceId,
                agentName: event.agentName,
                event: event.json
            )
        }
        // They are counted as lost already, and the trace has a marker: this is for whoever wants more than that.
        _ = try? await store.insertDeadLetters(letters, tenant: tenant)
    }

    /// Whether the store says that it will never take what is given to it.
    private func isRefused(_ write: () async throws -> Void) async throws -> Bool {
        do {
            try await write()
            return false
        } catch let error as StoreError where error.code == .refused {
            return true
        }
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
