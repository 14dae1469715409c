import Logging
import WhyOps
import WhyOpsStore

/// How a recorder brings entries into the store, and what becomes of those that it refuses.
extension EventRecorder {
    /// How often the store is tried when nobody has time to wait: at the end of the process.
    private static let lastAttempts = 8
    /// The same where nothing is lost by leaving it for the next start.
    private static let lastAttemptsWithSpool = 1

    /// Stores entries, however often it takes: each event has a key, so that a repetition stores nothing twice (EXC-55).
    ///
    /// - Returns: `false` where they are left in the queue, because the process ends and the store does not answer.
    func store(_ entries: [QueuedEntry], attempts limit: Int? = nil) async -> Bool {
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
                if attempts >= last, isEnding { break }
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
}
