import WhyOps
import WhyOpsStore

/// What is known of an exchange of a recorded route when its request goes upstream.
struct ExchangePlan: CallPlan {
    let services: ProxyServices
    let tenant: Tenant
    let provider: Provider
    let reading: RequestReading
    let resolution: TraceResolution
    let events: ExchangeEvents
    /// What ties the events of the exchange together, and names it where the reply is ours.
    let span: String
    /// The signature for the reply; `nil` where it must not carry one.
    let frame: [UInt8]?
    /// Which texts carry it.
    let policy: SignaturePolicy

    func begin(_ outlet: any ReplyOutlet) -> any UpstreamCall {
        ExchangeCall(plan: self, outlet: outlet)
    }
}
