/// The events that a client holds, and what became of the others: bounded, first in, first out.
struct EventQueue {
    /// What to do next.
    enum Step {
        /// Nothing waits: the task that sends ends.
        case rest
        /// Tell these failures.
        case tell([ClientError])
        /// Wait for more events, or until somebody hurries.
        case linger(OneShot<Void>)
        case send([QueuedEvent])
        /// These are given up.
        case abandon([QueuedEvent])
    }

    /// Somebody waits until the events before a number are settled.
    struct Flush {
        let end: Int
        let done = OneShot<Void>()
        var result = FlushResult()
    }

    /// Where the queue is between its first event and its last one.
    enum Phase {
        case open
        /// Takes no more events, and sends what it has.
        case closed
        /// Sends no more, either.
        case stopped(ClientError)
    }

    let limits: ClientOptions
    private(set) var phase = Phase.open
    private(set) var statistics = ClientStatistics()
    /// The task that sends, while there is one.
    var sender: Task<Void, Never>?
    private var waiting: [QueuedEvent] = []
    /// How many of `waiting` are gone already: what is taken from the front is taken out for good now and then.
    private var head = 0
    private var waitingBytes = 0
    private var nextSequence = 0
    /// Events before this number do not wait for others.
    private var urgentEnd = 0
    private var droppedSinceTold = 0
    /// Failures that recording found and the task that sends is to tell.
    private var untold: [ClientError] = []
    private var hasToldLate = false
    /// How many failures wait to be told; what comes then is only counted.
    private static let maximumUntold = 100
    private var linger: OneShot<Void>?
    private var flushes: [Int: Flush] = [:]
    private var nextFlush = 0

    init(limits: ClientOptions) {
        self.limits = limits
    }

    private var count: Int { waiting.count - head }
    /// Whether there is work and no task that does it.
    var needsSender: Bool { sender == nil && (count > 0 || hasUntold) }
    private var hasUntold: Bool { droppedSinceTold > 0 || !untold.isEmpty }

    private var isBatchFull: Bool { count >= max(limits.batchEvents, 1) || waitingBytes >= limits.batchBytes }

    // MARK: Recording

    /// Takes an event.
    ///
    /// - Returns: What is settled by that at once: the event itself, or older ones that made room; nothing in most cases.
    mutating func record(
        _ bytes: [UInt8],
        traceId: String,
        eventType: String,
        receipt: OneShot<ClientError?>?
    ) -> [(item: QueuedEvent, outcome: QueuedEvent.Outcome)] {
        let item = QueuedEvent(
            sequence: nextSequence,
            bytes: bytes,
            traceId: traceId,
            eventType: eventType,
            receipt: receipt
        )
        nextSequence += 1
        statistics.recorded += 1
        statistics.waiting += 1
        statistics.waitingBytes += bytes.count
        switch phase {
        case .open: break
        case .closed: return [lost(item, ClientError(.closed, "the client was shut down"))]
        case .stopped(let error): return [lost(item, error)]
        }
        guard bytes.count <= limits.maximumEventBytes else {
            let message = "the event has \(bytes.count) bytes, more than \(limits.maximumEventBytes)"
            let error = ClientError(.tooLong, message)
            if untold.count < Self.maximumUntold { untold.append(error.about(CollectionOfOne(item))) }
            return [settled(item, .refused(error))]
        }
        var gone: [(item: QueuedEvent, outcome: QueuedEvent.Outcome)] = []
        while hasNoRoom {
            // What is under way is not taken back.
            let victim = limits.overflow.dropsOldest && count > 0 ? removeFirst() : item
            droppedSinceTold += 1
            gone.append(settled(victim, .dropped(ClientError(.overflow, "there was no room for the event"))))
            if victim.sequence == item.sequence { return gone }
        }
        waiting.append(item)
        waitingBytes += bytes.count
        if receipt != nil { urgentEnd = nextSequence }
        if isBatchFull || receipt != nil { linger?.fire(()) }
        return gone
    }

    /// Whether the newest event, which is counted already, is one too many; one alone always has room.
    private var hasNoRoom: Bool {
        statistics.waiting > 1
            && (statistics.waiting > limits.maximumQueuedEvents || statistics.waitingBytes > limits.maximumQueuedBytes)
    }

    private mutating func removeFirst() -> QueuedEvent {
        let item = waiting[head]
        head += 1
        waitingBytes -= item.bytes.count
        if head * 2 > waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return item
    }

    /// Of the events that come after the end the first one is told, the others are only counted.
    private mutating func lost(
        _ item: QueuedEvent,
        _ error: ClientError
    ) -> (item: QueuedEvent, outcome: QueuedEvent.Outcome) {
        if !hasToldLate { untold.append(error.about(CollectionOfOne(item))) }
        hasToldLate = true
        return settled(item, .lost(error))
    }

    // MARK: Sending

    /// What to do next; `hasLingered` where events have waited for others already.
    mutating func next(hasLingered: Bool) -> Step {
        linger = nil
        if hasUntold { return .tell(takeUntold()) }
        guard count > 0 else {
            sender = nil
            return .rest
        }
        if case .stopped = phase {
            let items = Array(waiting[head...])
            waiting = []
            head = 0
            waitingBytes = 0
            return .abandon(items)
        }
        var isClosed = false
        if case .closed = phase { isClosed = true }
        guard isBatchFull || hasLingered || isClosed || waiting[head].sequence < urgentEnd else {
            let shot = OneShot<Void>()
            linger = shot
            return .linger(shot)
        }
        var batch: [QueuedEvent] = []
        var bytes = 0
        while count > 0, batch.count < max(limits.batchEvents, 1) {
            guard batch.isEmpty || bytes + waiting[head].bytes.count <= limits.batchBytes else { break }
            let item = removeFirst()
            bytes += item.bytes.count
            batch.append(item)
        }
        return .send(batch)
    }

    /// The failures that recording found since this was last asked; events without room are one of them.
    mutating func takeUntold() -> [ClientError] {
        var errors = untold
        if droppedSinceTold > 0 {
            let message =
                "the queue was full (\(limits.maximumQueuedEvents) events, \(limits.maximumQueuedBytes) bytes)"
            errors.append(ClientError(.overflow, message, eventCount: droppedSinceTold))
        }
        untold = []
        droppedSinceTold = 0
        return errors
    }

    /// Notes an attempt at a request.
    mutating func countAttempt(isRetry: Bool) {
        statistics.attempts += 1
        if isRetry { statistics.retries += 1 }
    }

    /// Notes what became of an event.
    @discardableResult
    mutating func settled(
        _ item: QueuedEvent,
        _ outcome: QueuedEvent.Outcome
    ) -> (item: QueuedEvent, outcome: QueuedEvent.Outcome) {
        statistics.waiting -= 1
        statistics.waitingBytes -= item.bytes.count
        switch outcome {
        case .acknowledged(let isSampledOut):
            statistics.acknowledged += 1
            if isSampledOut { statistics.sampledOut += 1 }
        case .refused: statistics.refused += 1
        case .dropped: statistics.dropped += 1
        case .lost: statistics.lost += 1
        }
        for (key, flush) in flushes where item.sequence < flush.end {
            var flush = flush
            switch outcome {
            case .acknowledged: flush.result.acknowledged += 1
            case .refused: flush.result.refused += 1
            case .dropped, .lost: flush.result.lost += 1
            }
            flush.result.left -= 1
            flushes[key] = flush
            if flush.result.left == 0 { flush.done.fire(()) }
        }
        return (item, outcome)
    }

    // MARK: Ends

    /// Begins to wait for the events that are there now.
    mutating func beginFlush() -> (key: Int, done: OneShot<Void>) {
        var flush = Flush(end: nextSequence)
        flush.result.left = statistics.waiting
        if flush.result.left == 0 { flush.done.fire(()) }
        urgentEnd = nextSequence
        linger?.fire(())
        nextFlush += 1
        flushes[nextFlush] = flush
        return (nextFlush, flush.done)
    }

    mutating func endFlush(_ key: Int) -> FlushResult {
        flushes.removeValue(forKey: key)?.result ?? FlushResult()
    }

    /// Takes no more events.
    mutating func close() {
        if case .open = phase { phase = .closed }
        linger?.fire(())
    }

    /// Sends nothing at all, which is told.
    mutating func cannotBegin(_ error: ClientError) {
        if stop(error) { untold.append(error) }
    }

    /// Sends no more events.
    ///
    /// - Returns: Whether it did until now.
    mutating func stop(_ error: ClientError) -> Bool {
        linger?.fire(())
        if case .stopped = phase { return false }
        phase = .stopped(error)
        return true
    }
}
