import NIOCore
import WhyOps
import WhyOpsEdge
import WhyOpsStore

/// A request of a route that is not recorded: forwarded with the credentials swapped, answered as it comes (PRX-2).
struct PassThroughPlan: CallPlan {
    let services: ProxyServices
    let tenant: Tenant
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

/// Passes a reply on as it comes, but for one about batches and a refusal, which it reads first (PRX-84, PRX-171).
private final class PassThroughCall: UpstreamCall {
    private let plan: PassThroughPlan
    private let outlet: any ReplyOutlet
    private var hasBegun = false
    /// Whether the client has got an error of ours.
    private var isOver = false
    /// A reply that is being read.
    private var held: (status: Int, headers: HeaderFields, body: [UInt8])?
    /// What reads it where it is encoded.
    private var encoded: EncodedReply?
    /// What it takes of the bytes that all bodies may.
    private var share: BodyBudget.Share

    init(plan: PassThroughPlan, outlet: any ReplyOutlet) {
        self.plan = plan
        self.outlet = outlet
        share = BodyBudget.Share(owner: plan.tenant.environmentID)
    }

    /// Nothing of it is recorded.
    func sent() {}

    func replied(status: Int, headers: HeaderFields) {
        encoded = EncodedReply(headers)
        let isRead =
            status.isSuccess
            ? plan.concernsBatches && PassThroughBody.isJSON(contentType: headers[.contentType] ?? "")
            : plan.provider.mayRepeatItsCredential && encoded == nil
        guard isRead, plan.hasBody else { return begin(status, headers) }
        if let encoded, !encoded.isReadable {
            return refuse(UpstreamClient.unread(encoded, .unknown, plan.provider))
        }
        held = (status, headers, [])
    }

    private func begin(_ status: Int, _ headers: HeaderFields) {
        hasBegun = true
        outlet.begin(
            .passing(
                status,
                headers,
                from: plan.provider,
                hasBody: plan.hasBody,
                isUnread: !plan.concernsBatches
            )
        )
    }

    func received(_ bytes: UpstreamBytes) {
        if isOver { return }
        if held == nil { return outlet.send(bytes) }
        held?.body.append(contentsOf: bytes.readableBytesView)
        guard let count = held?.body.count else { return }
        let limit = plan.services.configuration.maximumReplyBytes
        // Unread it could send the client past the proxy, or tell it the credential (PRX-203, PRX-212).
        if count > limit {
            refuse(UpstreamClient.tooLarge(limit, plan.provider))
        } else if !plan.services.bodies.holds(count, &share) {
            refuse(UpstreamClient.noRoom(plan.provider))
        }
    }

    private func letGoOfBody() {
        held = nil
        plan.services.bodies.giveBack(&share)
    }

    func ended() {
        if isOver { return }
        if var held {
            let came = held.body
            if let encoded {
                let limit = plan.services.configuration.maximumReplyBytes
                let read: [UInt8]
                do throws(EncodedReply.Unread) {
                    read = try encoded.whole(came, limit: limit, plan.services.bodies, &share)
                } catch {
                    return refuse(UpstreamClient.unread(encoded, error, plan.provider))
                }
                let edits = BatchReply.edits(in: read)
                // What needs no change stays as it came.
                if !edits.isEmpty {
                    held.headers.remove(.contentEncoding)
                    held.body = read.applying(edits)
                }
            } else if held.status.isSuccess {
                held.body = came.applying(BatchReply.edits(in: came))
            } else {
                held.body = plan.provider.masking(came)
            }
            let isUnread = !plan.concernsBatches && held.body == came
            let headers = UpstreamClient.returned(held.headers, from: plan.provider, isUnread: isUnread)
            outlet.begin(ReplyHead(status: held.status, headers: headers, body: .whole(held.body)))
        }
        letGoOfBody()
        outlet.finish()
    }

    func failed(_ fault: UpstreamFault) {
        if isOver { return }
        letGoOfBody()
        let error = UpstreamClient.error(fault, provider: plan.provider)
        if hasBegun {
            outlet.note(error.code)
            return outlet.breakOff()
        }
        refuse(error)
    }

    private func refuse(_ error: ProxyError) {
        isOver = true
        letGoOfBody()
        outlet.note(error.code)
        outlet.begin(ProxyResponder.reply(error, plan.vendor))
        outlet.finish()
    }

    func clientLeft() { letGoOfBody() }
}
