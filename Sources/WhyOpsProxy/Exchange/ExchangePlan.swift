import WhyOps
import WhyOpsStore

/// What is known of an exchange of a recorded route when its request goes upstream.
///
/// One object: it has some forty references, which each copy of it would count.
final class ExchangePlan: Sendable {
    let services: ProxyServices
    let tenant: Tenant
    let provider: Provider
    let format: ExchangeFormat
    let model: String?
    let resolution: TraceResolution
    /// What ties the events of the exchange together, and names it where the reply is ours.
    let span: String
    /// Which texts of the reply carry a signature.
    let policy: SignaturePolicy

    init(
        services: ProxyServices,
        tenant: Tenant,
        provider: Provider,
        format: ExchangeFormat,
        model: String?,
        resolution: TraceResolution,
        span: String,
        policy: SignaturePolicy
    ) {
        self.services = services
        self.tenant = tenant
        self.provider = provider
        self.format = format
        self.model = model
        self.resolution = resolution
        self.span = span
        self.policy = policy
    }
}

/// What is known of it as soon as its request is on its way.
struct ReplyPlan {
    let events: ExchangeEvents
    /// The signature for the reply; `nil` where it must not carry one.
    let frame: [UInt8]?
}

/// An exchange that is about to begin: its plan, and the request until it is recorded, since its body is not kept for as
/// long as the reply takes.
struct ExchangeStart: CallPlan {
    let plan: ExchangePlan
    let decision: ExchangeDecision
    /// Of the request, where the decision had to know it.
    let lineage: Lineage?

    func begin(_ outlet: any ReplyOutlet) -> any UpstreamCall { ExchangeCall(self, outlet: outlet) }

    func replyPlan() -> ReplyPlan { decision.replyPlan(plan, lineage) }
}
