import NIOCore
import WhyOps

/// Replies that come in pieces.
extension ExchangeCall {
    func beginStream(_ status: Int, _ headers: HeaderFields) {
        reply = .stream
        stream = ReplyStream(
            format: plan.format,
            frame: encoded == nil ? replyPlan.frame : nil,
            policy: plan.policy,
            lineage: replyPlan.events.lineage
        )
        outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .stream(length: nil)))
    }

    /// What goes out for a piece of a stream; of an encoded one it is only read.
    func readStream(_ bytes: UpstreamBytes) -> [UInt8]? {
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
    func makeRoom(for count: Int) {
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
    func giveBackEventRoom() {
        guard eventRoom.isShared, let need = stream?.eventNeed(afterReading: 0), need <= StreamRoom.own else { return }
        eventRoom.giveBack(to: plan.services.events)
    }

    /// What a stream has said, and whether that is all.
    var streamCapture: ReplyCapture {
        var capture = stream?.capture ?? ReplyCapture()
        if let encoded, !encoded.isReadable { capture.markIncomplete(encoding: encoded.encoding) }
        return capture
    }

    /// The end of a stream, and what still goes out for it; of an encoded one all has gone.
    func finishStream() -> [UInt8]? {
        guard let rest = stream?.finish() else { return nil }
        return encoded == nil ? rest : []
    }

    /// Sends a piece of a stream; from the event on that tells an error, without the credential, also where that comes
    /// in pieces (PRX-171, PRX-216).
    func send(_ output: [UInt8], isLast: Bool = false) {
        var output = stream?.tellsError == true ? plan.provider.masking(output, holding: &unsent) : output
        if isLast, !unsent.isEmpty {
            output += plan.provider.masking(rest: unsent)
            unsent = []
        }
        if !output.isEmpty { outlet.send(output) }
    }

    func noteEchoes() {
        guard let echoes = stream?.takeEchoes(), !echoes.isEmpty else { return }
        plan.services.echoes.insert(echoes, trace: plan.resolution.id, tenant: plan.tenant)
    }

    /// A stream that came to its end, or to an error, after which nothing is said of the reply.
    func recordStream(isJudged: Bool = true) {
        let capture = streamCapture
        let isFinished = capture.isFinished || !isJudged
        recordReply(capture, isFinished && capture.error == nil ? .complete : .upstreamError)
        // EXC-60
        if !isFinished, capture.error == nil {
            recordError(UpstreamClient.cutOff(plan.provider), body: nil)
        }
    }
}
