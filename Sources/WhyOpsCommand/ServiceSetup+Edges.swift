import FoundationEssentials
import WhyOpsEdge
import WhyOpsProxy

/// How much the proxy takes at once, and how the listeners are reached.
extension ServiceSetup {
    func setLimits(of proxy: inout ProxyConfiguration, _ options: ProxyOptions) throws {
        proxy.maximumConnections =
            try settings.integer("max-connections", flag: options.maxConnections, in: 1...1 << 20)
            ?? proxy.maximumConnections
        proxy.maximumExchanges =
            try settings.integer("max-exchanges", flag: options.maxExchanges, in: 1...1 << 20)
            ?? proxy.maximumExchanges
        proxy.maximumExchangesPerKey =
            try settings.integer("max-exchanges-per-key", flag: options.maxExchangesPerKey, in: 1...1 << 20)
            ?? proxy.maximumExchangesPerKey
        proxy.maximumHeldBytes =
            try settings.integer("max-held-bytes", flag: options.maxHeldBytes, in: 1 << 20...1 << 40)
            ?? proxy.maximumHeldBytes
        proxy.requestsPerMinute = try settings.integer(
            "requests-per-minute",
            flag: options.requestsPerMinute,
            in: 1...1_000_000
        )
        proxy.clientTimeouts.silence =
            try settings.seconds("client-idle-timeout", flag: options.clientIdleTimeout) ?? proxy.clientTimeouts.silence
        proxy.clientTimeouts.taking =
            try settings.seconds("client-reply-timeout", flag: options.clientReplyTimeout)
            ?? proxy.clientTimeouts.taking
    }

    /// What proxy and ingest take alike.
    struct Edge {
        let failedKeysPerMinute: Int?
        let certificate: (chain: String, key: String)?
        let crossOrigin: CrossOriginPolicy?
    }

    func edge(_ options: EdgeOptions) throws -> Edge {
        Edge(
            failedKeysPerMinute: try settings.integer("failed-keys", flag: options.failedKeys, in: 0...1 << 20),
            certificate: try certificate(options),
            crossOrigin: try crossOrigin(options)
        )
    }

    private func certificate(_ options: EdgeOptions) throws -> (chain: String, key: String)? {
        let certificate = settings.string("tls-certificate", flag: options.tlsCertificate)
        let key = settings.string("tls-key", flag: options.tlsKey)
        switch (certificate, key) {
        case (let chain?, let key?): return (chain, key)
        case (nil, nil): return nil
        default: throw Settings.Fault(description: "--tls-certificate and --tls-key need each other.")
        }
    }

    private func crossOrigin(_ options: EdgeOptions) throws -> CrossOriginPolicy? {
        let flag = options.corsOrigin.isEmpty ? nil : options.corsOrigin.joined(separator: ",")
        guard let text = settings.string("cors-origin", flag: flag), !text.isEmpty else { return nil }
        guard let policy = CrossOriginPolicy(text) else {
            throw Settings.Fault(
                description: "--cors-origin must be '*', or origins such as 'https://app.example.com' without a path, "
                    + "but is '\(text)'."
            )
        }
        return policy
    }
}
