import WhyOps

/// A request of a route that is not recorded: forwarded with the credentials swapped, answered as it comes (PRX-2).
struct PassThroughPlan: CallPlan {
    let services: ProxyServices
    let provider: Provider
    let vendor: Vendor
    /// The answer to HEAD has a length and no body.
    let hasBody: Bool

    func begin(_ outlet: any ReplyOutlet) -> any UpstreamCall {
        PassThroughCall(plan: self, outlet: outlet)
    }
}

/// Passes a reply on as it comes.
private final class PassThroughCall: UpstreamCall {
    private let plan: PassThroughPlan
    private let outlet: any ReplyOutlet
    private var hasBegun = false

    init(plan: PassThroughPlan, outlet: any ReplyOutlet) {
        self.plan = plan
        self.outlet = outlet
    }

    func replied(status: Int, headers: HeaderFields) {
        hasBegun = true
        let length = headers[.contentLength].flatMap { Int($0) }
        outlet.begin(
            ReplyHead(
                status: status,
                headers: UpstreamClient.returned(headers),
                body: plan.hasBody ? .stream(length: length) : .none(length: length)
            )
        )
    }

    func received(_ bytes: UpstreamBytes) {
        outlet.send(bytes)
    }

    func ended() {
        outlet.finish()
    }

    func failed(_ fault: UpstreamFault) {
        if hasBegun { return outlet.breakOff() }
        let error = UpstreamClient.error(fault, provider: plan.provider)
        outlet.begin(ProxyResponder.reply(error, plan.vendor))
        outlet.finish()
    }

    func clientLeft() {}
}
