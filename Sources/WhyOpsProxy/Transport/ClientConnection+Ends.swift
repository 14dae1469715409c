import NIOCore

/// The ends of requests and of the connection.
extension ClientConnection {
    /// A request has come.
    func open(_ record: RequestRecord) {
        self.record = record
        state.responder.services.metrics?.began()
    }

    /// The request has ended, and is told of once.
    func over(_ end: RequestRecord.End) {
        guard let ended = record else { return }
        record = nil
        tell(ended, end)
    }

    /// Tells of a request that has ended.
    func tell(_ record: RequestRecord, _ end: RequestRecord.End) {
        var ended = record
        ended.finish(end, ownTime: ownTime.elapsed)
        state.responder.services.requestLog.write(ended)
        state.responder.services.metrics?.ended(ended)
    }

    /// The request that is being worked on is the last one.
    func drain() {
        if intake == .idle, waiting.isEmpty { next() }
    }

    /// The proxy stops, and has no time left for what the connection is at (PRX-122).
    func cutOff() {
        isCutOff = true
        let hasBegun = progress == .begun
        if let exchange, progress != .ended {
            exchange.fail(.stopping)
        } else if record != nil, progress == .waiting {
            // Who is still being asked, or has still to send its body.
            forgetQuestion()
            refuse(UpstreamClient.stopping)
        }
        if hasBegun { resetIfEndless() }
        abandon()
    }

    /// Ends the connection whatever it is at; a reply that has begun has no proper end.
    func abandon() {
        leave()
        context?.close(promise: nil)
    }

    /// Ends the connection after its last reply. Where the client is still sending, it is only told that there is no
    /// more to come, and what it sends is dropped: closing at once could take the reply away from it.
    func close() {
        isLast = true
        guard let context else { return }
        if !isSpoiled, intake == .ended || intake == .idle { return context.close(promise: nil) }
        intake = .discarding
        timer.wait(seconds: Self.lingering)
        context.close(mode: .output, promise: nil)
        takeWaiting()
        read()
    }

    /// Whatever is still being looked up comes too late.
    func forgetQuestion() {
        turn += 1
        asking?.cancel()
        asking = nil
        whenCollected = nil
    }

    /// Lets go of all that belongs to the request that is being worked on.
    func leave() {
        forgetQuestion()
        over(isCutOff ? .brokenOff : .clientLeft)
        timer.stop()
        slot?.release()
        waiting.removeAll()
        body = []
        giveBackBody()
        decoder = nil
        let exchange = self.exchange
        self.exchange = nil
        exchange?.clientLeft()
    }
}
