import WhyOps
import WhyOpsStore

/// What is known of an exchange of a recorded route when its request goes upstream.
struct ExchangePlan: CallPlan {
    let services: ProxyServices
    let tenant: Tenant
    let provider: Provider
    let format: ExchangeFormat
    let model: String?
    /// The request, until it is recorded: its body is not kept for as long as the reply takes.
    private(set) var reading: RequestReading?
    let resolution: TraceResolution
    let events: ExchangeEvents
    /// What ties the events of the exchange together, and names it where the reply is ours.
    let span: String
    /// The signature for the reply; `nil` where it must not carry one.
    let frame: [UInt8]?
    /// Which texts carry it.
    let policy: SignaturePolicy

    /// Takes the request out.
    mutating func takeReading() -> RequestReading? {
        defer { reading = nil }
        return reading
    }

    func begin(_ outlet: any ReplyOutlet) -> any UpstreamCall {
        ExchangeCall(plan: self, outlet: outlet)
    }
}
