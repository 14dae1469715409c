import NIOCore
import WhyOpsCommand
import WhyOpsEdge
import WhyOpsProxy

/// A provider's address that the rules allow, and what its host's name stands for here and now.
struct ResolvedUpstream {
    let address: UpstreamAddress
    /// `nil` where the name stands for nothing here.
    let ip: IPAddress?
    /// The same, as text.
    let ipText: String?

    /// - Throws: `Settings.Fault` where the rules do not allow the address.
    init(_ text: String, policy: UpstreamPolicy) throws {
        guard let address = UpstreamAddress(text) else {
            throw Settings.Fault(
                description: "The address of a provider must be https://HOST[:PORT][/PATH], without user, query and "
                    + "fragment" + (text.contains("@") ? "." : ", but is '\(text)'.")
            )
        }
        self.address = address
        func refuse(_ fault: String) -> Settings.Fault {
            Settings.Fault(description: "The address '\(text)' \(fault).")
        }
        if let fault = policy.fault(in: address) { throw refuse(fault) }
        let resolved = try? SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
        ipText = resolved?.ipAddress
        ip = ipText.flatMap { IPAddress($0) }
        if let ip, let fault = policy.fault(in: ip, of: address) { throw refuse(fault) }
    }
}
