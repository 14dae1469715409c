import NIOCore
import WhyOps

/// A request of a route that is not recorded: forwarded with the credentials swapped, answered as it comes (PRX-2).
struct PassThroughPlan: CallPlan {
    let services: ProxyServices
    let provider: Provider
    let vendor: Vendor
    /// The answer to HEAD has a length and no body.
    let hasBody: Bool
    /// Whether the answer may name the address of a batch's results.
    let concernsBatches: Bool

    func begin(_ outlet: any ReplyOutlet) -> any UpstreamCall {
        PassThroughCall(plan: self, outlet: outlet)
    }
}

/// Passes a reply on as it comes, but for one about batches, which it reads first (PRX-84).
private final class PassThroughCall: UpstreamCall {
    private let plan: PassThroughPlan
    private let outlet: any ReplyOutlet
    private var hasBegun = false
    /// A reply that is being read.
    private var held: (status: Int, headers: HeaderFields, body: [UInt8])?

    init(plan: PassThroughPlan, outlet: any ReplyOutlet) {
        self.plan = plan
        self.outlet = outlet
    }

    func replied(status: Int, headers: HeaderFields) {
        if plan.concernsBatches, plan.hasBody, (200..<300).contains(status),
            PassThroughBody.isJSON(contentType: headers[.contentType] ?? ""), !headers.contains(.contentEncoding)
        {
            held = (status, headers, [])
        } else {
            begin(status, headers)
        }
    }

    private func begin(_ status: Int, _ headers: HeaderFields) {
        hasBegun = true
        outlet.begin(.passing(status, headers, hasBody: plan.hasBody))
    }

    func received(_ bytes: UpstreamBytes) {
        if held == nil { return outlet.send(bytes) }
        held?.body.append(contentsOf: bytes.readableBytesView)
        guard let held, held.body.count > plan.services.configuration.maximumReplyBytes else { return }
        // More than is read: it passes as it came.
        self.held = nil
        begin(held.status, held.headers)
        outlet.send(held.body)
    }

    func ended() {
        if let held {
            let body = held.body.applying(BatchReply.edits(in: held.body))
            let headers = UpstreamClient.returned(held.headers)
            outlet.begin(ReplyHead(status: held.status, headers: headers, body: .whole(body)))
        }
        outlet.finish()
    }

    func failed(_ fault: UpstreamFault) {
        let error = UpstreamClient.error(fault, provider: plan.provider)
        outlet.note(error.code)
        if hasBegun { return outlet.breakOff() }
        outlet.begin(ProxyResponder.reply(error, plan.vendor))
        outlet.finish()
    }

    func clientLeft() {}
}
