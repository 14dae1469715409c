import Logging
import Synchronization
import WhyOps

/// Takes events without delay and sends them from a task of its own, one request at a time, so that they arrive in order.
final class Courier: Sendable {
    let agentName: String
    let options: ClientOptions
    let surroundings: Surroundings
    let registration: AgentRegistration
    private let requester: Requester
    private let eventsURL: String
    private let queue: Mutex<EventQueue>

    init(
        agentName: String,
        options: ClientOptions,
        surroundings: Surroundings,
        endpoints: Endpoints,
        requester: Requester,
        registration: AgentRegistration
    ) {
        self.agentName = agentName
        self.options = options
        self.surroundings = surroundings
        self.requester = requester
        self.registration = registration
        self.eventsURL = endpoints.events
        self.queue = Mutex(EventQueue(limits: options))
        guard let fault = endpoints.fault else { return }
        // Told from the background like everything else: who makes a client may hold what `onError` waits for.
        queue.withLock { queue in
            queue.cannotBegin(fault)
            startSender(&queue)
        }
    }

    var statistics: ClientStatistics { queue.withLock { $0.statistics } }

    // MARK: Recording

    /// Takes an event; what becomes of it is told to the receipt, and failures to whoever is told of them.
    func record(
        _ event: AgentEvent,
        traceId: String,
        externalUserId: String?,
        receipt: OneShot<ClientError?>? = nil
    ) {
        var event = event
        // CLT-12
        if event.options.timestamp == nil { event.options.timestamp = EventTime(surroundings.now()) }
        if event.options.idempotencyKey?.nonEmpty == nil { event.options.idempotencyKey = surroundings.id() }
        if event.options.externalUserId == nil {
            event.options.externalUserId = externalUserId ?? options.externalUserId
        }
        let bytes = event.encoded(traceId: traceId, agentName: agentName)
        let gone = queue.withLock { queue in
            let gone = queue.record(bytes, traceId: traceId, eventType: event.eventType, receipt: receipt)
            startSender(&queue)
            return gone
        }
        for (item, outcome) in gone {
            item.receipt?.fire(outcome.error?.about(CollectionOfOne(item)))
        }
    }

    // MARK: Sending

    private func startSender(_ queue: inout EventQueue) {
        guard queue.needsSender else { return }
        // The work is for all who record: it takes neither priority nor task-local values from one of them.
        queue.sender = Task.detached { await self.sendAll() }
    }

    private func sendAll() async {
        var hasLingered = false
        while true {
            switch queue.withLock({ $0.next(hasLingered: hasLingered) }) {
            case .rest: return
            case .tell(let errors): for error in errors { report(error) }
            case .linger(let hurry):
                await wait(for: hurry, atMost: options.batchDelay)
                hasLingered = true
            case .send(let batch):
                // Not before: failures that are to be told would let events wait again and again.
                hasLingered = false
                await registerLazily()
                await send(batch[...])
            case .abandon(let items):
                settle(items[...], .lost(stopError))
            }
        }
    }

    private var stopError: ClientError {
        queue.withLock { queue in
            if case .stopped(let error) = queue.phase { return error }
            return ClientError(.closed, "the client was shut down")
        }
    }

    private func registerLazily() async {
        guard options.registersAgent else { return }
        switch await registration.lazily() {
        case .failure(let error) where error.code == .unauthorized: stop(error)
        case .failure(let error): report(error)
        case .success, nil: break
        }
    }

    private func send(_ items: ArraySlice<QueuedEvent>) async {
        if case .stopped(let error) = queue.withLock({ $0.phase }) { return settle(items, .lost(error)) }
        do {
            let response = try await requester.post(Self.body(of: items), to: eventsURL) { attempt in
                queue.withLock { $0.countAttempt(isRetry: attempt > 1) }
                // While a request is tried again and again, what else fails is not kept back.
                if attempt > 1 { for error in queue.withLock({ $0.takeUntold() }) { report(error) } }
            }
            guard let answer = BatchAnswer(response, to: items, apiKey: requester.apiKey) else {
                let message = "the answer does not say what became of each event"
                return settle(items, .lost(ClientError(.undelivered, message, status: response.status)))
            }
            for (item, outcome) in zip(items, answer.outcomes) { settle([item], outcome) }
        } catch {
            await give(items, up: error)
        }
    }

    private func give(_ items: ArraySlice<QueuedEvent>, up failure: Requester.Failure) async {
        switch failure {
        case .refused(let error):
            // Where one of many may be at fault, the others get through in smaller requests (CLT-35).
            guard items.count > 1, [400, 409, 413, 422].contains(error.status) else {
                return settle(items, .refused(error))
            }
            let middle = items.startIndex + items.count / 2
            await send(items[..<middle])
            await send(items[middle...])
        case .unauthorized(let error):
            stop(error)
            settle(items, .lost(error))
        case .undelivered(let error): settle(items, .lost(error))
        case .cancelled: settle(items, .lost(stopError))
        }
    }

    /// One event as an object, as the other SDKs send it; several as an array of the same objects (CLT-21).
    private static func body(of items: ArraySlice<QueuedEvent>) -> [UInt8] {
        if items.count == 1, let only = items.first { return only.bytes }
        var writer = JSONWriter()
        writer.array { writer in
            for item in items { writer.raw(item.bytes) }
        }
        return writer.bytes
    }

    private func settle(_ items: ArraySlice<QueuedEvent>, _ outcome: QueuedEvent.Outcome) {
        // Who waits for the events learns no sooner than who is told of failures.
        if let error = outcome.error { report(error.about(items)) }
        queue.withLock { queue in
            for item in items { queue.settled(item, outcome) }
        }
        for item in items { item.receipt?.fire(outcome.error?.about(CollectionOfOne(item))) }
    }

    // MARK: Ends

    /// Waits until the events that are there now are settled, at most so long.
    func flush(timeout: Duration) async -> FlushResult {
        let (key, done) = queue.withLock { $0.beginFlush() }
        await wait(for: done, atMost: timeout)
        return queue.withLock { $0.endFlush(key) }
    }

    /// Takes no more events, sends what is there, and gives up what is left after a time.
    func shutdown(timeout: Duration) async -> FlushResult {
        queue.withLock { $0.close() }
        let result = await flush(timeout: timeout)
        let sender = queue.withLock { queue in
            _ = queue.stop(ClientError(.closed, "the client was shut down"))
            return queue.sender
        }
        sender?.cancel()
        await sender?.value
        return result
    }

    private func stop(_ error: ClientError) {
        if queue.withLock({ $0.stop(error) }) { report(error) }
    }

    private func wait(for shot: OneShot<Void>, atMost limit: Duration) async {
        let sleep = surroundings.sleep
        await withTaskGroup { group in
            group.addTask { _ = await shot.wait() }
            group.addTask { try? await sleep(limit) }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Telling

    func report(_ error: ClientError) {
        options.logger?.warning("whyops: \(error)")
        options.onError?(error)
    }
}
