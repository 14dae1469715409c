import NIOCore

/// Whose turn it is on a connection, and how long that may take.
extension ClientConnection {
    var limits: ClientTimeouts { state.responder.services.configuration.clientTimeouts }

    /// More of the body has to come, and not too slowly in all.
    func waitForBody() {
        if unsentReplies > 0 { return waitForClient() }
        let gained = Double(received + discarded) / Self.slowestBody
        let end = bodyBegan + .nanoseconds(Int64(min(limits.silence + gained, 1e9) * 1e9))
        timer.wait(seconds: limits.silence, notAfter: end)
    }

    /// It is the upstream's turn, or that of a client whose body goes there.
    func waitForUpstream() {
        guard let exchange else { return }
        if intake == .forwarding, exchange.takesBody { return wait(seconds: self.limits.silence) }
        let limits = state.responder.services.configuration.timeouts
        if hasUpstreamSpoken { return wait(seconds: limits.idle) }
        // The pool sees to the limit of connecting; each is on its own (PRX-51).
        wait(seconds: exchange.isConnected ? limits.firstByte : limits.connect + limits.firstByte)
    }

    /// It is the client's turn: to take its reply, or else to say something.
    func waitForClient() {
        if unsentReplies > 0 { return waitUntilTaken() }
        timer.wait(seconds: limits.silence)
    }

    /// The client has to take something of its reply (PRX-59).
    func waitUntilTaken() {
        unsentBytes = bytesToWrite
        timer.wait(seconds: limits.taking, notAfter: exchange == nil ? nil : upstreamDeadline)
    }

    /// What has been written but not sent, in bytes.
    private var bytesToWrite: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Waits no longer than the whole exchange may take.
    private func wait(seconds: Double) {
        timer.wait(seconds: seconds, notAfter: upstreamDeadline)
    }

    /// A wait was too long.
    func expire() {
        let limits = state.responder.services.configuration.timeouts
        if let exchange, let upstreamDeadline, let total = limits.total, upstreamDeadline <= .now() {
            return exchange.fail(.overdue(total))
        }
        let unsent = bytesToWrite
        if unsent > 0, unsent < unsentBytes { return waitUntilTaken() }
        guard let exchange, let context else { return abandon() }
        let isClientsTurn = intake == .forwarding && exchange.takesBody
        if isClientsTurn || !context.channel.isWritable { return abandon() }
        exchange.fail(hasUpstreamSpoken ? .silent(limits.idle) : .slow)
    }
}
