package import WhyOpsEdge

/// Which addresses providers that tenants set may have, so that none leads into the proxy's own network (PRX-45 to PRX-47).
package struct UpstreamPolicy: Sendable, Hashable {
    /// What may be reached although it is private or without TLS: names, addresses, `loopback`; with a port or for any.
    private var allowed: Set<String> = []
    /// Where this proxy listens; `nil` where that is not known.
    private var ownHost: String?
    private var ownPort = 0

    package init() {}

    /// - Parameter allowed: hosts separated by commas, as `--allow-private-upstreams` takes them; `nil` for a text that
    ///   holds something else.
    package init?(allowed: String) {
        for item in allowed.split(separator: ",", omittingEmptySubsequences: false) {
            let name = item.filter { $0 != " " }.lowercased()
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(UInt8(ascii: "@")) else {
                return nil
            }
            self.allowed.insert(name)
        }
    }

    /// The policy of a proxy that listens somewhere; port 0 is not known yet.
    package func listening(_ host: String, _ port: Int) -> UpstreamPolicy {
        var policy = self
        policy.ownHost = port == 0 ? nil : host
        policy.ownPort = port
        return policy
    }

    /// Where connections to an address may end.
    package func reach(of address: UpstreamAddress) -> UpstreamReach { isAllowed(address) ? .allowed : .internet }

    /// What is wrong with an address, for the person who set it; `nil` where it is fine as far as it shows.
    package func fault(in address: UpstreamAddress) -> String? {
        let isLocal = address.isLoopbackName || IPAddress(address.host)?.kind == .loopback
        if let ownHost, ownPort == address.port, address.host == ownHost || isLocal {
            return "is this proxy itself"
        }
        if let ip = IPAddress(address.host), let fault = fault(in: ip, of: address) { return fault }
        if address.isLoopbackName, !isAllowed(address) { return Self.isPrivate(address) }
        if !address.isSecure, !isAllowed(address) {
            return "must begin with https://; http:// is for hosts that the operator allows with "
                + "--allow-private-upstreams"
        }
        return nil
    }

    /// What is wrong with an address that a host's name stands for, or that was connected to; `nil` where nothing is.
    package func fault(in ip: IPAddress, of address: UpstreamAddress) -> String? {
        switch ip.kind {
        case .global: return nil
        case .linkLocal: return "leads to a link-local or metadata address, which no provider has"
        case .unusable: return "leads to an address that no provider has"
        case .loopback, .private:
            if isAllowed(address) { return nil }
            return Self.isPrivate(address)
        }
    }

    private static func isPrivate(_ address: UpstreamAddress) -> String {
        let host = address.host.utf8.contains(UInt8(ascii: ":")) ? "[\(address.host)]" : address.host
        return "leads to a private address; the operator can allow it with --allow-private-upstreams \(host)"
    }

    private func isAllowed(_ address: UpstreamAddress) -> Bool {
        let host = address.host.utf8.contains(UInt8(ascii: ":")) ? "[\(address.host)]" : address.host
        if allowed.contains(host) || allowed.contains("\(host):\(address.port)") { return true }
        let isLoopback = address.isLoopbackName || IPAddress(address.host)?.kind == .loopback
        return isLoopback && isAllowedLoopback(address.port)
    }

    private func isAllowedLoopback(_ port: Int) -> Bool {
        allowed.contains("loopback") || allowed.contains("loopback:\(port)")
    }
}
