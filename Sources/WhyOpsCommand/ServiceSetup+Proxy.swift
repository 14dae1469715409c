import FoundationEssentials
import WhyOps
package import WhyOpsProxy
import WhyOpsStore

/// What the proxy takes, and its way to the providers.
extension ServiceSetup {
    package func proxy(_ options: ProxyOptions, _ edge: EdgeOptions) throws -> ProxyConfiguration {
        var proxy = ProxyConfiguration()
        proxy.host = host
        proxy.port = try settings.integer("proxy-port", flag: options.proxyPort, in: 0...65535) ?? proxy.port
        proxy.upstreamPolicy = try upstreamPolicy(options.upstreams)
        proxy.variables = try credentialVariables(options.upstreams)
        proxy.defaultAgent = settings.string("default-agent", flag: options.defaultAgent)
        proxy.maximumBodyBytes =
            try settings.integer("max-body-bytes", flag: options.maxBodyBytes, in: 1...1 << 30)
            ?? proxy.maximumBodyBytes
        try setLimits(of: &proxy, options)
        let edge = try self.edge(edge)
        proxy.failedKeysPerMinute = edge.failedKeysPerMinute ?? proxy.failedKeysPerMinute
        proxy.certificate = edge.certificate
        proxy.crossOrigin = edge.crossOrigin
        let timeouts = proxy.timeouts
        proxy.timeouts.connect =
            try settings.seconds("upstream-connect-timeout", flag: options.upstreamConnectTimeout) ?? timeouts.connect
        proxy.timeouts.firstByte =
            try settings.seconds("upstream-first-byte-timeout", flag: options.upstreamFirstByteTimeout)
            ?? timeouts.firstByte
        proxy.timeouts.idle =
            try settings.seconds("upstream-idle-timeout", flag: options.upstreamIdleTimeout) ?? timeouts.idle
        proxy.stitchTimeout =
            try settings.seconds("stitch-timeout", flag: options.stitchTimeout) ?? proxy.stitchTimeout
        proxy.timeouts.total = try settings.seconds("upstream-total-timeout", flag: options.upstreamTotalTimeout)
        proxy.upstreamCertificates = try upstreamCertificates(options.trust)
        proxy.signature =
            try settings.choice("signature", flag: options.signature, of: SignatureChoice.self) ?? proxy.signature
        proxy.signingKeys = try signingKeys()
        proxy.signaturePolicy =
            try settings.choice("signature-policy", flag: options.signaturePolicy, of: SignaturePolicy.self) ?? .careful
        proxy.spool = try spool(options)
        proxy.acceptsV1 = try settings.boolean("accept-v1", flag: options.acceptV1) ?? true
        try addProvider(
            .openai,
            to: &proxy,
            flag: options.openAIBaseURL,
            setting: "openai-base-url",
            variable: "OPENAI",
            standard: "https://api.openai.com/v1"
        )
        try addProvider(
            .anthropic,
            to: &proxy,
            flag: options.anthropicBaseURL,
            setting: "anthropic-base-url",
            variable: "ANTHROPIC",
            standard: "https://api.anthropic.com"
        )
        return proxy
    }

    /// Where events wait: beside the store, unless said otherwise (PRX-60).
    private func spool(_ options: ProxyOptions) throws -> SpoolConfiguration? {
        let folder = settings.string("spool", flag: options.spool) ?? store.filePrefix + ".spool"
        let bytes = try settings.integer(
            "spool-bytes",
            flag: options.spoolBytes,
            in: SpoolConfiguration.smallestBytes...1 << 44
        )
        if folder.lowercased() == "off" { return nil }
        return SpoolConfiguration(folder: folder, maximumBytes: bytes ?? SpoolConfiguration.standardBytes)
    }

    /// The file of those who may certify upstreams beside the system's.
    package func upstreamCertificates(_ options: UpstreamTrustOptions) throws -> String? {
        guard let path = settings.string("upstream-ca", flag: options.upstreamCA) else { return nil }
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw Settings.Fault(description: "The certificates '\(path)' of --upstream-ca cannot be read.")
        }
        return path
    }

    /// Where the providers of the store may lead.
    package func upstreamPolicy(_ options: UpstreamPolicyOptions) throws -> UpstreamPolicy {
        guard let text = settings.string("allow-private-upstreams", flag: options.allowPrivateUpstreams) else {
            return UpstreamPolicy()
        }
        guard let policy = UpstreamPolicy(allowed: text) else {
            throw Settings.Fault(
                description:
                    "--allow-private-upstreams must be hosts separated by commas, each with or without a port, "
                    + "without scheme and path, but is '\(text)'."
            )
        }
        return policy
    }

    /// The variables that providers of the store may refer to (PRX-134).
    package func credentialVariables(_ options: UpstreamPolicyOptions) throws -> CredentialVariables {
        let value: @Sendable (String) -> String? = { [settings] in settings.variable($0) }
        guard let text = settings.string("credential-variables", flag: options.credentialVariables) else {
            return CredentialVariables(value: value)
        }
        guard let variables = CredentialVariables(grants: text, value: value) else {
            throw Settings.Fault(
                description:
                    "--credential-variables must be NAME=PROJECT, NAME=PROJECT/ENVIRONMENT or NAME=*, separated by "
                    + "commas, and NAME not begin with WHYOPS_, but is '\(text)'."
            )
        }
        return variables
    }

    /// A provider exists when it has a credential or an address of its own.
    private func addProvider(
        _ vendor: Vendor,
        to proxy: inout ProxyConfiguration,
        flag: String?,
        setting: String,
        variable: String,
        standard: String
    ) throws {
        let key = settings.variable("\(variable)_API_KEY")
        let own = settings.string(setting, flag: flag)
        // Clients read the vendors' variables too, so these may lead back to this proxy.
        let shared = settings.variable("\(variable)_BASE_URL")
        guard key != nil || own != nil else { return }
        let address = own ?? shared ?? standard
        guard let url = URL(string: address), let host = url.host(), !host.isEmpty,
            url.scheme == "http" || url.scheme == "https", url.query() == nil, url.user() == nil
        else {
            throw Settings.Fault(
                description: "The base address of \(vendor.rawValue) must be an http or https address without user "
                    + "and query" + (address.contains("@") ? "." : ", but is '\(address)'.")
            )
        }
        let isLoopback = ["localhost", "127.0.0.1", "::1", "[::1]", proxy.host].contains(host)
        if isLoopback, url.port == proxy.port {
            throw Settings.Fault(
                description: "The base address of \(vendor.rawValue), '\(address)', is this proxy itself. "
                    + "Set WHYOPS_\(variable)_BASE_URL to the provider's own address."
            )
        }
        proxy.providers[vendor] = Provider(vendor: vendor, name: vendor.rawValue, baseURL: address, apiKey: key)
    }
}
