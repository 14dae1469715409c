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
    let events: ExchangeEvents
    /// What ties the events of the exchange together, and names it where the reply is ours.
    let span: String
    /// The signature for the reply; `nil` where it must not carry one.
    let frame: [UInt8]?
    /// Which texts carry it.
    let policy: SignaturePolicy

    init(
        services: ProxyServices,
        tenant: Tenant,
        provider: Provider,
        format: ExchangeFormat,
        model: String?,
        resolution: TraceResolution,
        events: ExchangeEvents,
        span: String,
        frame: [UInt8]?,
        policy: SignaturePolicy
    ) {
        self.services = services
        self.tenant = tenant
        self.provider = provider
        self.format = format
        self.model = model
        self.resolution = resolution
        self.events = events
        self.span = span
        self.frame = frame
        self.policy = policy
    }
}

/// An exchange that is about to begin: its plan, and the request until it is recorded, since its body is not kept for as
/// long as the reply takes.
struct ExchangeStart: CallPlan {
    let plan: ExchangePlan
    let reading: RequestReading

    func begin(_ outlet: any ReplyOutlet) -> any UpstreamCall {
        ExchangeCall(plan: plan, reading: reading, outlet: outlet)
    }
}
