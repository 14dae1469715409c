package import Logging
import ServiceLifecycle
import Synchronization
package import WhyOps
package import WhyOpsStore

/// Takes events from exchanges and brings them into the store, in order, without an exchange ever waiting for it.
///
/// What is waiting is bounded; beyond that events are counted as lost and logged, never silently dropped.
package final class EventRecorder: Service {
    private struct Waiting {
        var batches: [Batch] = []
        var links: [(links: [StitchLink], tenant: Tenant)] = []
        var linkCount = 0
        var bytes = 0
        var lost = 0
        /// Exchanges that have not recorded everything yet.
        var active = 0
        var isEnding = false
    }

    private let store: any Store
    private let logger: Logger
    private let waiting = Mutex(Waiting())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private let maximumBytes: Int

    package init(store: any Store, logger: Logger, maximumBytes: Int = 256 * 1024 * 1024) {
        self.store = store
        self.logger = logger
        self.maximumBytes = maximumBytes
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Events that could not be kept because too much was waiting.
    package var lost: Int { waiting.withLock { $0.lost } }

    /// Takes the events of an exchange; returns at once.
    package func record(_ events: [Event], tenant: Tenant) {
        let size = events.reduce(0) { $0 + ($1.content?.count ?? 0) + ($1.metadata?.count ?? 0) }
        let isLost = waiting.withLock { waiting in
            guard waiting.bytes + size <= maximumBytes else {
                waiting.lost += events.count
                return true
            }
            waiting.batches.append(Batch(tenant: tenant, events: events, bytes: size))
            waiting.bytes += size
            return false
        }
        if isLost {
            logger.error("Events lost: the store is too slow", metadata: ["events": "\(events.count)"])
        } else {
            wakeUp.yield()
        }
    }

    /// The most links that wait while the store does not answer; this node knows those past them still.
    private static let maximumLinks = 200_000

    /// Takes links; returns at once.
    func record(_ links: [StitchLink], tenant: Tenant) {
        let isKept = waiting.withLock { waiting in
            guard waiting.linkCount + links.count <= Self.maximumLinks else { return false }
            waiting.links.append((links, tenant))
            waiting.linkCount += links.count
            return true
        }
        if isKept {
            wakeUp.yield()
        } else {
            logger.warning("Links not stored: the store is too slow", metadata: ["links": "\(links.count)"])
        }
    }

    /// Says that an exchange has begun whose events are still to come; `end` must follow.
    func begin() {
        waiting.withLock { $0.active += 1 }
    }

    /// Says that an exchange has recorded everything.
    func end() {
        let isLast = waiting.withLock { waiting in
            waiting.active -= 1
            return waiting.isEnding && waiting.active == 0
        }
        if isLast { wakeUp.finish() }
    }

    /// Works until it is told to stop, gracefully or not, and then until the last exchange has ended and nothing waits.
    package func run() async throws {
        // A task of its own: what was recorded is stored also when the services around are cancelled.
        let worker = Task {
            for await _ in wakeUps { await drain() }
            await drain()
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            await worker.value
        } onCancelOrGracefulShutdown: {
            let isIdle = self.waiting.withLock { waiting in
                waiting.isEnding = true
                return waiting.active == 0
            }
            if isIdle { self.wakeUp.finish() }
        }
    }

    private func drain() async {
        while true {
            let (batches, links) = waiting.withLock { waiting in
                defer {
                    waiting.batches = []
                    waiting.links = []
                    waiting.linkCount = 0
                }
                return (waiting.batches, waiting.links)
            }
            if batches.isEmpty, links.isEmpty { return }
            for (links, tenant) in links { await store(links, tenant) }
            for batch in Batch.joining(batches) {
                await store(batch)
                waiting.withLock { $0.bytes -= batch.bytes }
            }
        }
    }

    /// A link that cannot be stored is known to this node still.
    private func store(_ links: [StitchLink], _ tenant: Tenant) async {
        do {
            try await store.insertLinks(links, tenant: tenant)
        } catch {
            logger.warning("Links could not be stored", metadata: ["links": "\(links.count)", "error": "\(error)"])
        }
    }

    /// Stores events, however often it takes: each has a key, so that a repetition stores nothing twice (EXC-55).
    private func store(_ batch: Batch) async {
        var delay = Duration.milliseconds(50)
        var attempts = 0
        while true {
            do {
                let results = try await store.append(batch.events, tenant: batch.tenant)
                if results.contains(where: { $0.status == .conflict }) { await storeSingly(batch) }
                return
            } catch {
                attempts += 1
                logger.warning(
                    "Events could not be stored yet",
                    metadata: ["attempt": "\(attempts)", "events": "\(batch.events.count)", "error": "\(error)"]
                )
                // While the process runs there is time; when it ends there is an end.
                if attempts >= 8, waiting.withLock({ $0.isEnding }) { break }
                try? await Task.sleep(for: delay)
                delay = min(delay * 2, .seconds(2))
            }
        }
        waiting.withLock { $0.lost += batch.events.count }
        logger.error("Events lost: the store refuses them", metadata: ["events": "\(batch.events.count)"])
    }

    /// One conflicting event must not take the others with it.
    private func storeSingly(_ batch: Batch) async {
        for event in batch.events {
            let status = try? await store.append([event], tenant: batch.tenant).first?.status
            guard status != .saved, status != .skipped else { continue }
            waiting.withLock { $0.lost += 1 }
            logger.error(
                "Event not stored",
                metadata: ["trace": "\(event.traceId)", "type": "\(event.eventType.rawValue)"]
            )
        }
    }
}

/// Events of one tenant that are stored in one transaction.
private struct Batch {
    let tenant: Tenant
    var events: [Event]
    var bytes: Int

    /// What one transaction takes at most; well below what the store holds for all that wait.
    private static let maximumEvents = 500
    private static let maximumBytes = 8 * 1024 * 1024

    /// One batch for each tenant, or several where there is much, in order of arrival: one commit for all that came
    /// meanwhile.
    static func joining(_ batches: [Batch]) -> [Batch] {
        var joined: [Batch] = []
        var open: [Tenant: Int] = [:]
        for batch in batches {
            if let place = open[batch.tenant], joined[place].events.count + batch.events.count <= maximumEvents,
                joined[place].bytes + batch.bytes <= maximumBytes
            {
                joined[place].events += batch.events
                joined[place].bytes += batch.bytes
            } else {
                open[batch.tenant] = joined.count
                joined.append(batch)
            }
        }
        return joined
    }
}
