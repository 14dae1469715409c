import NIOCore
package import WhyOpsEdge

/// Where the connections of a provider may end (PRX-46).
package enum UpstreamReach: Sendable, Hashable {
    /// The operator's own settings name the address.
    case anywhere
    /// The operator allows the host: everywhere but at link-local and metadata addresses, and those that are for no host.
    case allowed
    /// The open Internet alone.
    case internet

    /// Whether a connection may end at an address.
    package func admits(_ ip: IPAddress) -> Bool {
        switch self {
        case .anywhere: true
        case .allowed: ip.kind != .linkLocal && ip.kind != .unusable
        case .internet: ip.kind == .global
        }
    }

    /// Whether a connection may be made to an address, or used that was made. What cannot be read as an address is none.
    func admits(_ peer: SocketAddress?) -> Bool {
        if self == .anywhere { return true }
        return (peer?.ipAddress).flatMap { IPAddress($0) }.map { admits($0) } ?? false
    }
}
