import NIOCore
import WhyOps
import WhyOpsEdge
import WhyOpsStore

/// One exchange of a recorded route: passes the reply on and records both.
///
/// It ends in exactly one of three ways: with a reply, with an error of ours, or without a client.
final class ExchangeCall: UpstreamCall {
    private enum Request {
        case unsent(ExchangeStart)
        case sent(ReplyPlan)
    }

    enum Reply {
        case waiting
        /// A reply that came as one body, or a refusal of the upstream's.
        case whole(status: Int, headers: HeaderFields)
        case stream
        /// A reply that there is no room to read whole: it goes as it comes (PRX-160).
        case passing
        case over
    }

    let plan: ExchangePlan
    let outlet: any ReplyOutlet
    let start = ContinuousClock.now
    var reply = Reply.waiting
    var body: [UInt8] = []
    /// What it takes of the bytes that all bodies may.
    var held: BodyBudget.Share
    var stream: ReplyStream?
    /// The room for what is captured of it.
    var room: StreamRoom
    /// The room for an event that has not come whole.
    var eventRoom: StreamRoom
    /// What reads a reply that is encoded; such a one goes as it came.
    var encoded: EncodedReply?
    /// The end of what came that may be the beginning of the credential (PRX-216).
    var unsent: [UInt8] = []
    var firstToken: Int?
    private var request: Request
    /// Whether the reply's events are recorded although its connection goes on.
    private var isRecorded = false

    init(_ start: ExchangeStart, outlet: any ReplyOutlet) {
        plan = start.plan
        request = .unsent(start)
        self.outlet = outlet
        let owner = plan.tenant.environmentID
        held = BodyBudget.Share(owner: owner)
        room = StreamRoom(owner: owner)
        eventRoom = StreamRoom(owner: owner)
        plan.services.recorder.begin()
    }

    func sent() { _ = replyPlan }

    /// What the reply needs; who asks first has the request recorded, so that nothing of the reply comes before it.
    var replyPlan: ReplyPlan {
        switch request {
        case .sent(let plan): return plan
        case .unsent(let start):
            let plan = start.replyPlan()
            request = .sent(plan)
            recordRequest(start.decision.reading, plan.events)
            return plan
        }
    }

    private func recordRequest(_ reading: RequestReading, _ events: ExchangeEvents) {
        let hidden = reading.hiddenText
        if let metrics = plan.services.metrics {
            metrics.stitched(by: plan.resolution.source)
            metrics.stripped(reading.frames)
            metrics.ignored(events.ignoredHeaders)
            if !hidden.isEmpty { metrics.foundHiddenText() }
        }
        record([events.request(reading, hiddenText: hidden, at: Identifiers.now())])
    }

    // MARK: What the upstream tells

    func replied(status: Int, headers: HeaderFields) {
        encoded = EncodedReply(headers)
        guard status.isSuccess, isEventStream(headers) else {
            reply = .whole(status: status, headers: headers)
            let length = headers[.contentLength].flatMap { Int($0) } ?? 0
            if status.isSuccess, length > plan.services.configuration.maximumReplyBytes { passOn(status, headers) }
            return
        }
        if encoded?.isReadable == false {
            reply = .passing
            let length = headers[.contentLength].flatMap { Int($0) }
            return outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .stream(length: length)))
        }
        beginStream(status, headers)
    }

    func received(_ bytes: UpstreamBytes) {
        switch reply {
        case .whole(let status, let headers):
            let limit = plan.services.configuration.maximumReplyBytes
            if !status.isSuccess, body.count + bytes.readableBytes > limit {
                return refuse(UpstreamClient.tooLarge(limit, plan.provider), upstreamBody: nil)
            }
            let before = body.count
            body.append(contentsOf: bytes.readableBytesView)
            if status.isSuccess, encoded == nil, before < EventStreamStart.longest, EventStreamStart.isThere(in: body) {
                let first = UpstreamBytes(bytes: body)
                letGoOfBody()
                beginStream(status, headers)
                return received(first)
            }
            if status.isSuccess {
                if body.count > limit || !plan.services.bodies.grow(&held, to: body.count) { passOn(status, headers) }
            } else if !plan.services.bodies.holds(body.count, &held) {
                refuse(UpstreamClient.noRoom(plan.provider), upstreamBody: nil)
            }
        case .passing: outlet.send(bytes)
        case .stream:
            guard let output = readStream(bytes) else { return }
            if firstToken == nil, stream?.hasSpoken == true { firstToken = Moment.milliseconds(since: start) }
            noteEchoes()
            if !isRecorded, stream?.hasEnded == true || stream?.hasError == true {
                // A client is done with the event that ends the reply, before the connection says so (PRX-60).
                recordStream()
                isRecorded = true
            }
            if encoded != nil {
                outlet.send(bytes)
            } else {
                send(output)
            }
        case .waiting, .over:
            break
        }
    }

    func ended() {
        switch reply {
        case .whole(let status, let headers):
            if !status.isSuccess {
                passError(status, headers)
            } else if let encoded {
                passEncoded(encoded, status, headers)
            } else {
                passWhole(status, headers)
            }
        case .stream:
            // Of what could not be read to its end nobody knows whether it came to one (EXC-60).
            let isJudged = encoded?.isReadable != false && stream?.isJudged != false
            encoded?.finish()
            guard let rest = finishStream() else { return }
            noteEchoes()
            // Recorded before the last bytes go, so that who has the reply can rely on its event being on its way (PRX-60).
            if !isRecorded { recordStream(isJudged: isJudged) }
            send(rest, isLast: true)
            finish()
        case .passing:
            recordUnread(.complete)
            finish()
        case .waiting, .over:
            break
        }
    }

    func failed(_ fault: UpstreamFault) {
        sent()
        switch reply {
        case .waiting, .whole:
            refuse(UpstreamClient.error(fault, provider: plan.provider), upstreamBody: nil)
        case .stream:
            guard let rest = finishStream() else { return }
            // The last event may have lacked only its blank line (EXC-31, TRC-6).
            noteEchoes()
            if !isRecorded {
                recordReply(streamCapture, .upstreamError)
                recordError(UpstreamClient.error(fault, provider: plan.provider), body: nil)
            }
            send(rest, isLast: true)
            end()
            outlet.breakOff()
        case .passing:
            recordUnread(.upstreamError)
            recordError(UpstreamClient.error(fault, provider: plan.provider), body: nil)
            end()
            outlet.breakOff()
        case .over:
            break
        }
    }

    func clientLeft() {
        sent()
        switch reply {
        case .waiting, .whole:
            recordReply(ReplyCapture(), .clientDisconnected)
        case .passing: recordUnread(.clientDisconnected)
        case .stream:
            _ = stream?.finish()
            noteEchoes()
            if !isRecorded { recordReply(streamCapture, .clientDisconnected) }
        case .over:
            return
        }
        end()
    }

    // MARK: Ends

    func refuse(_ error: ProxyError, upstreamBody: [UInt8]?) {
        recordError(error, body: upstreamBody)
        var head = ProxyResponder.reply(error, plan.format.vendor, id: plan.span)
        head.headers.append(trace: plan.resolution.id)
        outlet.begin(head)
        finish()
    }

    /// Everything is recorded when the last byte goes.
    func finish() {
        end()
        outlet.finish()
    }

    private func end() {
        reply = .over
        letGoOfBody()
        stream = nil
        room.giveBack(to: plan.services.captures)
        eventRoom.giveBack(to: plan.services.events)
        plan.services.recorder.end()
    }

    /// The body is not held any more.
    func letGoOfBody() {
        body = []
        plan.services.bodies.giveBack(&held)
    }

    // MARK: Headers

    func returned(_ headers: HeaderFields) -> HeaderFields {
        var headers = UpstreamClient.returned(headers, from: plan.provider)
        headers.append(trace: plan.resolution.id)
        return headers
    }

    private func isEventStream(_ headers: HeaderFields) -> Bool {
        (headers[.contentType] ?? "").dropping(prefix: "text/event-stream") != nil
    }
}
