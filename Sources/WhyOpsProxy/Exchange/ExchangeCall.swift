import NIOCore
import WhyOps
import WhyOpsEdge
import WhyOpsStore

/// One exchange of a recorded route: passes the reply on and records both.
///
/// It ends in exactly one of three ways: with a reply, with an error of ours, or without a client.
final class ExchangeCall: UpstreamCall {
    private enum Reply {
        case waiting
        /// A reply that came as one body, or a refusal of the upstream's.
        case whole(status: Int, headers: HeaderFields)
        case stream
        /// A reply that there is no room to read whole: it goes as it comes (PRX-160).
        case passing
        case over
    }

    private let plan: ExchangePlan
    private let outlet: any ReplyOutlet
    private let start = ContinuousClock.now
    private var reply = Reply.waiting
    private var body: [UInt8] = []
    /// What it takes of the bytes that all bodies may.
    private var held: BodyBudget.Share
    private var stream: ReplyStream?
    /// The room for what is captured of it.
    private var room: StreamRoom
    /// The room for an event that has not come whole.
    private var eventRoom: StreamRoom
    /// What reads a reply that is encoded; such a one goes as it came.
    private var encoded: EncodedReply?
    /// The end of what came that may be the beginning of the credential (PRX-216).
    private var unsent: [UInt8] = []
    private var firstToken: Int?
    /// Whether the reply's events are recorded although its connection goes on.
    private var isRecorded = false

    init(plan: ExchangePlan, reading: RequestReading, outlet: any ReplyOutlet) {
        self.plan = plan
        self.outlet = outlet
        let owner = plan.tenant.environmentID
        held = BodyBudget.Share(owner: owner)
        room = StreamRoom(owner: owner)
        eventRoom = StreamRoom(owner: owner)
        plan.services.recorder.begin()
        let hidden = reading.hiddenText
        if let metrics = plan.services.metrics {
            metrics.stitched(by: plan.resolution.source)
            metrics.stripped(reading.frames)
            metrics.ignored(plan.events.ignoredHeaders)
            if !hidden.isEmpty { metrics.foundHiddenText() }
        }
        record([plan.events.request(reading, hiddenText: hidden, at: Identifiers.now())])
    }

    // MARK: What the upstream tells

    func replied(status: Int, headers: HeaderFields) {
        encoded = EncodedReply(headers)
        guard (200..<300).contains(status), isEventStream(headers) else {
            reply = .whole(status: status, headers: headers)
            return
        }
        if encoded?.isReadable == false {
            reply = .passing
            let length = headers[.contentLength].flatMap { Int($0) }
            return outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .stream(length: length)))
        }
        reply = .stream
        stream = ReplyStream(
            format: plan.format,
            frame: encoded == nil ? plan.frame : nil,
            policy: plan.policy,
            lineage: plan.events.lineage
        )
        outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .stream(length: nil)))
    }

    func received(_ bytes: UpstreamBytes) {
        switch reply {
        case .whole(let status, let headers):
            guard body.count + bytes.readableBytes <= plan.services.configuration.maximumReplyBytes else {
                let limit = plan.services.configuration.maximumReplyBytes
                return refuse(UpstreamClient.tooLarge(limit, plan.provider), upstreamBody: nil)
            }
            body.append(contentsOf: bytes.readableBytesView)
            if (200..<300).contains(status) {
                if !plan.services.bodies.grow(&held, to: body.count) { passOn(status, headers) }
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

    /// What goes out for a piece of a stream; of an encoded one it is only read.
    private func readStream(_ bytes: UpstreamBytes) -> [UInt8]? {
        defer { giveBackEventRoom() }
        guard let decoded = encoded?.read(bytes) else {
            makeRoom(for: bytes.readableBytes)
            return stream?.read(bytes.readableBytesUInt8Span)
        }
        makeRoom(for: decoded.count)
        return stream?.read(decoded.span)
    }

    /// Makes room for what is captured of the next bytes, and for the event that they may be a part of; where there is
    /// none they pass all the same (PRX-210, PRX-211).
    private func makeRoom(for count: Int) {
        if let need = stream?.captureNeed(afterReading: count), need > room.bytes {
            room.grow(to: need, of: plan.services.captures)
            stream?.limitCapture(to: room.bytes)
        }
        if let need = stream?.eventNeed(afterReading: count) {
            if need > eventRoom.bytes { eventRoom.grow(to: need, of: plan.services.events) }
            stream?.limitEvent(to: eventRoom.bytes)
        }
    }

    /// What a large event took is given back when it has passed.
    private func giveBackEventRoom() {
        guard eventRoom.isShared, let need = stream?.eventNeed(afterReading: 0), need <= StreamRoom.own else { return }
        eventRoom.giveBack(to: plan.services.events)
    }

    func ended() {
        switch reply {
        case .whole(let status, let headers):
            if !(200..<300).contains(status) {
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

    // MARK: Replies that came whole

    private func passWhole(_ status: Int, _ headers: HeaderFields) {
        guard
            var whole = WholeReply(
                body,
                format: plan.format,
                frame: plan.frame,
                policy: plan.policy,
                lineage: plan.events.lineage
            )
        else {
            let error = ProxyError(
                status: 502,
                code: "upstream_not_json",
                message: "The upstream '\(plan.provider.name)' answered \(status) with a body that is not JSON "
                    + "(content type '\(headers[.contentType] ?? "none")')."
            )
            return refuse(error, upstreamBody: body)
        }
        let links = plan.services.echoes.note(whole.takeEchoes(), trace: plan.resolution.id, tenant: plan.tenant)
        recordReply(whole.capture, .complete, links)
        outlet.begin(
            ReplyHead(status: status, headers: returned(headers), body: .whole(body.applying(whole.edits)))
        )
        finish()
    }

    /// A body that the upstream encoded although it was asked not to: it goes as it came, and what it says is recorded
    /// where that can be read (PRX-204).
    private func passEncoded(_ encoded: EncodedReply, _ status: Int, _ headers: HeaderFields) {
        let whole = (try? decoded(encoded)).flatMap {
            WholeReply($0, format: plan.format, frame: nil, policy: plan.policy, lineage: plan.events.lineage)
        }
        if var whole {
            plan.services.echoes.insert(whole.takeEchoes(), trace: plan.resolution.id, tenant: plan.tenant)
            recordReply(whole.capture, .complete)
        } else {
            recordUnread(.complete)
        }
        outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .whole(body)))
        finish()
    }

    private func decoded(_ encoded: EncodedReply) throws(EncodedReply.Unread) -> [UInt8] {
        try encoded.whole(body, limit: plan.services.configuration.maximumReplyBytes, plan.services.bodies, &held)
    }

    /// Gives up reading a reply whole: what the model said must not be lost to its client for want of memory here.
    private func passOn(_ status: Int, _ headers: HeaderFields) {
        reply = .passing
        let length = headers[.contentLength].flatMap { Int($0) }
        outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .stream(length: length)))
        outlet.send(body)
        letGoOfBody()
    }

    /// The body is not held any more.
    private func letGoOfBody() {
        body = []
        plan.services.bodies.giveBack(&held)
    }

    /// A reply of which nothing was read.
    private func recordUnread(_ ending: ExchangeEvents.Ending) {
        var capture = ReplyCapture()
        capture.markIncomplete(encoding: encoded?.encoding)
        recordReply(capture, ending)
    }

    /// What a stream has said, and whether that is all.
    private var streamCapture: ReplyCapture {
        var capture = stream?.capture ?? ReplyCapture()
        if let encoded, !encoded.isReadable { capture.markIncomplete(encoding: encoded.encoding) }
        return capture
    }

    /// The end of a stream, and what still goes out for it; of an encoded one all has gone.
    private func finishStream() -> [UInt8]? {
        guard let rest = stream?.finish() else { return nil }
        return encoded == nil ? rest : []
    }

    /// A refusal of the upstream's: it goes as it came, but for the credential (EXC-23, PRX-171).
    private func passError(_ status: Int, _ headers: HeaderFields) {
        var message = "The upstream '\(plan.provider.name)' answered with status \(status)."
        var read: [UInt8]? = body
        if let encoded {
            do throws(EncodedReply.Unread) {
                read = try decoded(encoded)
            } catch {
                read = nil
                message += " \(encoded.note(error))"
            }
        }
        record([
            plan.events.error(
                message: message,
                status: status,
                body: read.map { plan.provider.redacting($0) },
                model: plan.model,
                latency: Moment.milliseconds(since: start),
                at: Identifiers.now()
            )
        ])
        let masked = plan.provider.masking(body, encoded)
        outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .whole(masked)))
        finish()
    }

    /// Sends a piece of a stream; from the event on that tells an error, without the credential, also where that comes
    /// in pieces (PRX-171, PRX-216).
    private func send(_ output: [UInt8], isLast: Bool = false) {
        var output = stream?.tellsError == true ? plan.provider.masking(output, holding: &unsent) : output
        if isLast, !unsent.isEmpty {
            output += plan.provider.masking(rest: unsent)
            unsent = []
        }
        if !output.isEmpty { outlet.send(output) }
    }

    // MARK: Ends

    private func refuse(_ error: ProxyError, upstreamBody: [UInt8]?) {
        recordError(error, body: upstreamBody)
        var head = ProxyResponder.reply(error, plan.format.vendor, id: plan.span)
        head.headers.append(trace: plan.resolution.id)
        outlet.begin(head)
        finish()
    }

    /// Everything is recorded when the last byte goes.
    private func finish() {
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

    // MARK: Records

    private func noteEchoes() {
        guard let echoes = stream?.takeEchoes(), !echoes.isEmpty else { return }
        plan.services.echoes.insert(echoes, trace: plan.resolution.id, tenant: plan.tenant)
    }

    /// A stream that came to its end, or to an error, after which nothing is said of the reply.
    private func recordStream(isJudged: Bool = true) {
        let capture = streamCapture
        let isFinished = capture.isFinished || !isJudged
        recordReply(capture, isFinished && capture.error == nil ? .complete : .upstreamError)
        // EXC-60
        if !isFinished, capture.error == nil {
            recordError(UpstreamClient.cutOff(plan.provider), body: nil)
        }
    }

    /// - Parameter links: what the store is to have of the ids that the reply gave out.
    private func recordReply(
        _ capture: ReplyCapture,
        _ ending: ExchangeEvents.Ending,
        _ links: [StitchLink] = []
    ) {
        if let metrics = plan.services.metrics {
            metrics.counted(capture.usage, plan.format.vendor)
            metrics.signed(capture.signatures)
            if !capture.isComplete { metrics.truncated() }
        }
        let list = plan.events.reply(
            capture,
            model: plan.model,
            ending: ending,
            latency: Moment.milliseconds(since: start),
            firstToken: firstToken,
            at: Identifiers.now()
        )
        plan.services.recorder.record(links, list.map { plan.provider.redacting($0) }, tenant: plan.tenant)
    }

    private func recordError(_ error: ProxyError, body: [UInt8]?) {
        outlet.note(error.code)
        record([
            plan.events.error(
                message: error.message,
                status: error.status,
                body: body.map { plan.provider.redacting($0) },
                model: plan.model,
                latency: Moment.milliseconds(since: start),
                at: Identifiers.now()
            )
        ])
    }

    private func record(_ list: [Event]) {
        plan.services.recorder.record(list, tenant: plan.tenant)
    }

    // MARK: Headers

    private func returned(_ headers: HeaderFields) -> HeaderFields {
        var headers = UpstreamClient.returned(headers, from: plan.provider)
        headers.append(trace: plan.resolution.id)
        return headers
    }

    private func isEventStream(_ headers: HeaderFields) -> Bool {
        let type = headers[.contentType] ?? ""
        let start = type.utf8.firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } ?? type.endIndex
        return String(type[start...]).dropping(prefix: "text/event-stream") != nil
    }
}
