import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsEdge
import WhyOpsGzip

/// From the head of a request to its way upstream.
extension ClientConnection {
    /// Takes the head of a request.
    func begin(_ head: HTTPRequestHead) {
        turn += 1
        ownTime.reset()
        replyHeaders = []
        ownTime.begin()
        self.head = head
        intake = .held
        timer.stop()
        received = 0
        bodyBegan = .now()
        let headers = HeaderFields(head.headers)
        origins = headers[values: .origin]
        isExpecting = headers[.expect]?.isSameHeader(as: "100-continue") ?? false
        var request = ProxyRequest(method: head.method.rawValue, target: head.uri, headers: headers)
        let path = ProxyPath(method: request.method, path: request.path)
        let vendor = ProxyResponder.vendor(of: path, headers)
        open(RequestRecord(method: request.method, route: RouteFamily(path.route), vendor: vendor))
        if let fault = RequestCheck.fault(in: head) { return refuse(400, fault) }
        // After a request to switch protocols the decoder reads no further.
        isLast = !head.isKeepAlive || head.version == .http1_0 || state.isDraining || head.method == .CONNECT
        // Behind it stands something that is no request.
        if isSpoiled, !waiting.contains(where: Self.isHead) { isLast = true }
        if headers.contains(.upgrade) { isLast = true }
        if headers.holdsControls { return refuse(400, "A header holds a control character.") }
        request.client = client
        if isRefused {
            isLast = true
            return answer(state.responder.refuseConnection(path, vendor))
        }
        proceed(state.responder.receive(request, path, vendor))
    }

    /// A piece of the body that is read whole.
    func collect(_ bytes: ByteBuffer) {
        received += bytes.readableBytes
        waitForBody()
        if let decoder {
            ownTime.begin()
            do {
                try bytes.withUnsafeReadableBytes { try decoder.decode($0, into: &body, limit: bodyLimit) }
            } catch {
                return collected(.damaged, .discarding)
            }
            ownTime.pause()
        } else {
            body.append(contentsOf: bytes.readableBytesView)
        }
        if max(received, body.count) > bodyLimit { return collected(.tooLong, .discarding) }
        if !state.responder.services.bodies.grow(&held, to: body.count) { refuseBody() }
    }

    /// There is no room for more of the body now (PRX-159).
    private func refuseBody() {
        forgetQuestion()
        body = []
        decoder = nil
        answer(ProxyResponder.fullMemory(record?.vendor ?? .openai))
    }

    /// The body is not held any more: it is with the upstream, or of no use.
    func giveBackBody() {
        state.responder.services.bodies.giveBack(&held)
    }

    func endCollecting() {
        do {
            try decoder?.end()
            collected(.whole(body), .ended)
        } catch {
            collected(.damaged, .ended)
        }
    }

    /// The body is in, or so much of it that it will never do.
    private func collected(_ body: CollectedBody, _ intake: Intake) {
        self.intake = intake
        timer.stop()
        ownTime.begin()
        self.body = []
        decoder = nil
        guard let next = whenCollected else { return }
        whenCollected = nil
        do {
            proceed(try next(body))
        } catch {
            refuse(500, "The proxy failed to decide.")
        }
    }

    /// Does what was decided, at once where it is known.
    private func proceed(_ decision: Lookup<ProxyStep>) {
        switch decision {
        case .known(let step): perform(step)
        case .asked(let ask):
            let promise = state.loop.makePromise(of: ProxyStep.self)
            asking = promise.completeWithTask(ask)
            let turn = self.turn
            promise.futureResult.assumeIsolated().whenComplete { result in
                guard turn == self.turn, self.context != nil else { return }
                self.asking = nil
                switch result {
                case .success(let step): self.perform(step)
                case .failure: self.refuse(500, "The proxy failed to decide.")
                }
                self.takeWaiting()
                self.read()
            }
        }
    }

    private func perform(_ step: ProxyStep) {
        switch step {
        case .answer(let reply): answer(reply)
        case .collect(let limit, let encoding, let headers, let owner, let next):
            bodyLimit = limit
            held = BodyBudget.Share(owner: owner)
            replyHeaders = headers
            bodyBegan = .now()
            do {
                decoder = encoding == .gzip ? try GzipDecoder() : nil
            } catch {
                return refuse(500, "The proxy failed to decide.")
            }
            whenCollected = next
            intake = .collecting
            // At once, so that it is not copied while it grows; memory that is not written to takes none.
            if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length <= limit {
                body.reserveCapacity(length)
            }
            waitForClient()
            ownTime.pause()
            tellToGoOn()
        case .forward(let request, let plan):
            if case .streamed = request.body {
                intake = .forwarding
                tellToGoOn()
            } else if intake == .held {
                intake = .discarding
            }
            hasUpstreamSpoken = false
            record?.forwarded(request)
            replyHeaders = request.replyHeaders
            slot = request.slot
            let total = state.responder.services.configuration.timeouts.total
            upstreamDeadline = total.map { .now() + .nanoseconds(Int64(min($0, 1e9) * 1e9)) }
            let call = plan.begin(self)
            let exchange = UpstreamExchange(request: request, call: call, client: self)
            self.exchange = exchange
            waitForUpstream()
            ownTime.pause()
            exchange.start(state.pool)
            call.sent()
        }
    }

    /// RFC 9110, 10.1.1: a client may wait with its body until it is asked for.
    private func tellToGoOn() {
        guard head.version == .http1_1, isExpecting else { return }
        let reply = HTTPResponseHead(version: .http1_1, status: .continue)
        context?.writeAndFlush(wrapOutboundOut(.head(reply)), promise: nil)
        isExpecting = false
    }

    // MARK: Replies of ours

    /// Refuses what is not a request that can be routed; the connection ends with it.
    func refuse(_ status: Int, _ message: String) {
        refuse(ProxyError(status: status, code: "invalid_request", message: message))
    }

    /// Refuses in the words of the path's vendor; the connection ends with it.
    func refuse(_ error: ProxyError) {
        isLast = true
        answer(ProxyResponder.reply(error, record?.vendor ?? .openai))
    }

    private func answer(_ reply: ReplyHead) {
        if intake != .ended {
            intake = .discarding
            // It may send the body that nobody asked for, or not.
            if isExpecting { isLast = true }
        }
        begin(reply)
        finish()
    }
}
