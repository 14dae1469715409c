package import NIOSSL

/// How upstreams behind TLS are verified, by the proxy and by who tries a provider (PRX-58).
package enum UpstreamSecurity {
    /// - Parameter certificates: a file of certificates in PEM form that are trusted beside those of the system.
    package static func configuration(certificates: String?) -> TLSConfiguration {
        var security = TLSConfiguration.makeClientConfiguration()
        security.minimumTLSVersion = .tlsv12
        security.applicationProtocols = ["http/1.1"]
        if let certificates { security.additionalTrustRoots = [.file(certificates)] }
        return security
    }
}
