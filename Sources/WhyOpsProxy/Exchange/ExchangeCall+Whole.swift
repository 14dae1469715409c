import WhyOps
import WhyOpsStore

/// Replies that came as one body, and refusals of the upstream's.
extension ExchangeCall {
    func passWhole(_ status: Int, _ headers: HeaderFields) {
        guard
            var whole = WholeReply(
                body,
                format: plan.format,
                frame: replyPlan.frame,
                policy: plan.policy,
                lineage: replyPlan.events.lineage
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
        recordReply(whole.capture, ending(of: whole.capture), links)
        outlet.begin(
            ReplyHead(status: status, headers: returned(headers), body: .whole(body.applying(whole.edits)))
        )
        finish()
    }

    /// A body that the upstream encoded although it was asked not to: it goes as it came, and what it says is recorded
    /// where that can be read (PRX-204).
    func passEncoded(_ encoded: EncodedReply, _ status: Int, _ headers: HeaderFields) {
        let whole = (try? decoded(encoded)).flatMap {
            WholeReply($0, format: plan.format, frame: nil, policy: plan.policy, lineage: replyPlan.events.lineage)
        }
        if var whole {
            plan.services.echoes.insert(whole.takeEchoes(), trace: plan.resolution.id, tenant: plan.tenant)
            recordReply(whole.capture, ending(of: whole.capture))
        } else {
            recordUnread(.complete)
        }
        outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .whole(body)))
        finish()
    }

    /// EXC-98
    private func ending(of capture: ReplyCapture) -> ExchangeEvents.Ending {
        capture.error == nil ? .complete : .upstreamError
    }

    func decoded(_ encoded: EncodedReply) throws(EncodedReply.Unread) -> [UInt8] {
        try encoded.whole(body, limit: plan.services.configuration.maximumReplyBytes, plan.services.bodies, &held)
    }

    /// Gives up reading a reply whole: what the model said must not be lost to its client for want of memory here.
    func passOn(_ status: Int, _ headers: HeaderFields) {
        reply = .passing
        let length = headers[.contentLength].flatMap { Int($0) }
        outlet.begin(ReplyHead(status: status, headers: returned(headers), body: .stream(length: length)))
        if !body.isEmpty { outlet.send(body) }
        letGoOfBody()
    }

    /// A refusal of the upstream's: it goes as it came, but for the credential (EXC-23, PRX-171).
    func passError(_ status: Int, _ headers: HeaderFields) {
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
            replyPlan.events.error(
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
}
