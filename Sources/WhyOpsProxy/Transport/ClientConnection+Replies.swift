import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsEdge

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The way of a reply to the client.
extension ClientConnection: ReplyOutlet {
    func begin(_ reply: ReplyHead) {
        guard progress == .waiting, let context else { return }
        progress = .begun
        untaken = 0
        if state.isDraining { isLast = true }
        var headers: [(String, String)] = []
        headers.reserveCapacity(reply.headers.fields.count + 4)
        var fields = reply.headers
        if !replyHeaders.isEmpty { fields.replace(replyHeaders) }
        for field in fields.fields { headers.append((field.name, field.value)) }
        headers.append(("date", state.date.now()))
        headers.append(("server-timing", ownTime.header))
        record?.replied(reply, ownTime: ownTime.elapsed, named: namesOfRequest)
        let isHead = head.method == .HEAD
        let mayHaveBody = reply.status >= 200 && reply.status != 204 && reply.status != 304
        hasBody = mayHaveBody && !isHead
        isEndless = false
        switch reply.body {
        case .whole(let bytes):
            if mayHaveBody { headers.append(("content-length", String(bytes.count))) }
        case .stream(let length?), .none(let length?):
            if mayHaveBody { headers.append(("content-length", String(length))) }
        case .stream(nil):
            if mayHaveBody, head.version == .http1_1 {
                headers.append(("transfer-encoding", "chunked"))
            } else {
                isEndless = hasBody
            }
        case .none(nil):
            break
        }
        if let policy = state.responder.services.configuration.crossOrigin {
            headers += policy.headers(origin: origins.count == 1 ? origins[0] : nil, exposed: headers.map(\.0))
        }
        if isLast { headers.append(("connection", "close")) }
        let version = head.version == .http1_0 ? HTTPVersion.http1_0 : .http1_1
        let status = HTTPResponseStatus(statusCode: reply.status)
        let head = HTTPResponseHead(version: version, status: status, headers: HTTPHeaders(headers))
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        hasUnflushed = true
        if case .whole(let bytes) = reply.body { send(bytes) }
    }

    /// What the client names its request by, in headers that go upstream.
    private var namesOfRequest: [String] {
        ["x-request-id", "x-client-request-id", "idempotency-key"].flatMap { head.headers[$0] }
    }

    func send(_ bytes: [UInt8]) {
        send(ByteBuffer(bytes: bytes))
    }

    func send(_ bytes: UpstreamBytes) {
        guard progress == .begun, hasBody, bytes.readableBytes > 0, let context else { return }
        record?.sent += bytes.readableBytes
        untaken += bytes.readableBytes
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        hasUnflushed = true
    }

    func finish() {
        guard progress == .begun, let context else { return }
        hasUnflushed = false
        let rest = takeRest()
        endExchange()
        unsentReplies += 1
        let promise = state.loop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            if let rest { self.restIsOver(rest, result) }
            self.replyIsOut()
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        progress = .ended
        if isLast || intake == .ended { return next() }
        waitForClient()
        takeWaiting()
        read()
    }

    /// What stays of an exchange while its client takes the rest of the reply (PRX-94).
    private struct Rest {
        let record: RequestRecord?
        let slot: ExchangeSlot?
    }

    /// Ends the request where little is left for its client to take. Else it stays under way, with its place among those
    /// that are, until that is taken: what the replies hold that nobody reads would have no bound.
    private func takeRest() -> Rest? {
        guard untaken > Self.smallRest else {
            over(.complete)
            return nil
        }
        defer {
            record = nil
            slot = nil
        }
        return Rest(record: record, slot: slot)
    }

    private func restIsOver(_ rest: Rest, _ result: Result<Void, any Error>) {
        rest.slot?.release()
        guard var record = rest.record else { return }
        switch result {
        case .success: tell(record, .complete)
        case .failure where isCutOff:
            record.code = UpstreamClient.stopping.code
            tell(record, .brokenOff)
        case .failure: tell(record, .clientLeft)
        }
    }

    /// The last byte of a reply is written: the connection may end, and it is the client's turn.
    private func replyIsOut() {
        unsentReplies -= 1
        guard unsentReplies == 0, context != nil else { return }
        let isBetween = intake == .idle || progress == .ended
        if isBetween, isLast { return close() }
        if isBetween { waitForClient() }
    }

    func note(_ code: String) { record?.code = code }

    func breakOff() {
        guard progress != .ended, let context else { return }
        progress = .ended
        isLast = true
        over(.brokenOff)
        let held = untaken > Self.smallRest ? slot : nil
        if held != nil { slot = nil }
        endExchange()
        let promise = state.loop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            held?.release()
            self.resetIfEndless()
            self.abandon()
        }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: promise)
        if self.context != nil { waitUntilTaken() }
    }

    /// In HTTP/1.0 a reply without a length ends with its connection: only a reset tells that it is not whole (PRX-12).
    func resetIfEndless() {
        guard isEndless else { return }
        _ = (context?.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }

    /// The upstream has nothing more to say, or nobody listens.
    private func endExchange() {
        timer.stop()
        giveBackBody()
        slot?.release()
        slot = nil
        exchange?.cancel()
        upstreamIsOver()
    }

    // MARK: From the exchange

    /// The head of the upstream's reply has come, or more of it.
    func upstreamSpoke() {
        if !hasUpstreamSpoken { record?.upstreamSpoke() }
        hasUpstreamSpoken = true
        if progress == .waiting { ownTime.begin() }
    }

    func upstreamIsOver() {
        exchange = nil
        ownTime.begin()
        if intake == .forwarding {
            intake = .discarding
            bodyBegan = .now()
        }
    }

    /// Passes on what has been written; says whether the client takes more.
    func takesMore() -> Bool {
        guard let context else { return false }
        if progress == .waiting { ownTime.pause() }
        if hasUnflushed {
            hasUnflushed = false
            context.flush()
        }
        if context.channel.isWritable {
            untaken = 0
            // A part of a head, or an interim reply, gains no time for the reply.
            if hasUpstreamSpoken { waitForUpstream() }
            return true
        }
        waitUntilTaken()
        return false
    }

    /// The upstream takes more of the client's body.
    func uploadReady() {
        waitForUpstream()
        takeWaiting()
        read()
    }
}
