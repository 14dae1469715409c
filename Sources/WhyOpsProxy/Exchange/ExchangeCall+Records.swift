import WhyOps
import WhyOpsStore

/// What is recorded of a reply.
extension ExchangeCall {
    /// - Parameter links: what the store is to have of the ids that the reply gave out.
    func recordReply(
        _ capture: ReplyCapture,
        _ ending: ExchangeEvents.Ending,
        _ links: [StitchLink] = []
    ) {
        if let metrics = plan.services.metrics {
            metrics.counted(capture.usage, plan.format.vendor)
            metrics.signed(capture.signatures)
            if !capture.isComplete { metrics.truncated() }
        }
        let list = replyPlan.events.reply(
            capture,
            model: plan.model,
            ending: ending,
            latency: Moment.milliseconds(since: start),
            firstToken: firstToken,
            at: Identifiers.now()
        )
        plan.services.recorder.record(links, list.map { plan.provider.redacting($0) }, tenant: plan.tenant)
    }

    func recordError(_ error: ProxyError, body: [UInt8]?) {
        outlet.note(error.code)
        record([
            replyPlan.events.error(
                message: error.message,
                status: error.status,
                body: body.map { plan.provider.redacting($0) },
                model: plan.model,
                latency: Moment.milliseconds(since: start),
                at: Identifiers.now()
            )
        ])
    }

    func record(_ list: [Event]) {
        plan.services.recorder.record(list, tenant: plan.tenant)
    }

    /// A reply of which nothing was read.
    func recordUnread(_ ending: ExchangeEvents.Ending) {
        var capture = ReplyCapture()
        capture.markIncomplete(encoding: encoded?.encoding)
        recordReply(capture, ending)
    }
}
