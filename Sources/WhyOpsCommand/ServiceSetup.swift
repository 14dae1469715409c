import FoundationEssentials
package import Logging
package import WhyOps
package import WhyOpsIngest
package import WhyOpsProxy
package import WhyOpsStore

/// Turns what the operator set into what the services take.
package struct ServiceSetup {
    package let settings: Settings
    package let host: String
    package let logger: Logger
    package let shutdownTimeout: Double
    let store: StorePlace
    /// What an operator limits of what is kept (ING-109, ING-110).
    package let limits: AppendLimits

    /// - Parameter service: what only a service has; `nil` for a command that runs none.
    package init(_ options: CommonOptions, service: ServiceOptions? = nil) throws {
        settings = try Settings(file: options.config)
        host = settings.string("host", flag: service?.host) ?? "127.0.0.1"
        shutdownTimeout = try settings.seconds("shutdown-timeout", flag: service?.shutdownTimeout) ?? 30
        var limits = AppendLimits()
        limits.agents = try settings.integer("max-agents", flag: service?.maxAgents, in: 1...Int(Int32.max))
        limits.tracesPerVersion = try settings.integer(
            "max-traces-per-version",
            flag: service?.maxTracesPerVersion,
            in: 1...Int(Int32.max)
        )
        self.limits = limits
        let level = settings.string("log-level", flag: options.logLevel) ?? "notice"
        guard let level = Logger.Level(rawValue: level) else {
            let words = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw Settings.Fault(description: "--log-level must be one of \(words), but is '\(level)'.")
        }
        let format = try settings.choice("log-format", flag: options.logFormat, of: LogFormat.self) ?? .text
        var logger = Logger(label: "whyops") { _ in LineLogHandler(format: format) }
        logger.logLevel = level
        self.logger = logger
        store = try StorePlace(settings.string("store", flag: options.store) ?? "sqlite:whyops.sqlite")
        if let flag = options.store, store.holdsPassword, flag.contains("://") {
            Terminal.note(
                "The password in --store can be read by everybody who lists this machine's processes: "
                    + "set WHYOPS_STORE or PGPASSWORD, or use a password file."
            )
        }
    }

    // MARK: The store and its key

    /// Opens the store and makes sure that a client can be let in.
    package func openStore() async throws -> DatabaseStore {
        restrictNewFiles()
        let store = try await open()
        if let key = settings.variable("WHYOPS_API_KEY") {
            guard (16...256).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Settings.Fault(description: "WHYOPS_API_KEY must have 16 to 256 printable ASCII characters.")
            }
            try await store.bootstrapKey(key)
            if try await store.tenant(forKey: key) == nil {
                Terminal.note(
                    "WHYOPS_API_KEY is a key that has ended, or whose project or environment is not active; it lets nobody in."
                )
            }
        } else if try await !store.hasKeys() {
            let key = APIKey.fresh()
            try await store.bootstrapKey(key)
            try announce(key)
        }
        return store
    }

    /// Opens the store of a service that has run before.
    ///
    /// - Parameter oldKey: an encryption key that opens secrets beside WHYOPS_ENCRYPTION_KEY.
    package func openExistingStore(oldKey: String? = nil) async throws -> DatabaseStore {
        if let missingStore { throw missingStore }
        return try await open(oldKey: oldKey)
    }

    /// What is said where the store is a file that is not there (CLI-6).
    package var missingStore: Settings.Fault? {
        guard case .sqlite(let path) = store, !FileManager.default.fileExists(atPath: path) else { return nil }
        return Settings.Fault(
            description:
                "There is no store '\(path)': 'whyops serve' makes one, or name another by --store sqlite:PATH."
        )
    }

    private func open(oldKey: String? = nil) async throws -> DatabaseStore {
        forbidCoreFiles()
        let encryption = try encryptionKey(oldKey: oldKey)
        return try await naming {
            switch store {
            case .sqlite(let path):
                try await DatabaseStore.open(path: path, limits: limits, encryption: encryption, logger: logger)
            case .postgres(let url):
                try await DatabaseStore.open(postgres: url, limits: limits, encryption: encryption, logger: logger)
            }
        }
    }

    /// Makes sure that a proxy can use the signing keys of the store; ingest and the commands need none of them.
    package func prepareSigningKeys(_ store: DatabaseStore) async throws {
        let given = try signingKeys()
        try await naming { try await store.prepareSigningKeys(given: given) }
    }

    private func naming<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as StoreError {
            throw CommandFailure("The store '\(store.name)' cannot be used: \(error.message)")
        }
    }

    /// What secrets in the store are sealed with.
    private func encryptionKey(oldKey: String?) throws -> EncryptionKey? {
        let former = try (oldKey ?? settings.variable("WHYOPS_OLD_ENCRYPTION_KEY")).map {
            try encryptionKey($0, oldKey == nil ? "WHYOPS_OLD_ENCRYPTION_KEY" : "--old-key")
        }
        guard let text = settings.variable("WHYOPS_ENCRYPTION_KEY") else {
            if former == nil { return nil }
            throw Settings.Fault(
                description:
                    "WHYOPS_OLD_ENCRYPTION_KEY and --old-key open what WHYOPS_ENCRYPTION_KEY does not; set that too."
            )
        }
        return try encryptionKey(text, "WHYOPS_ENCRYPTION_KEY").opening(former)
    }

    private func encryptionKey(_ text: String, _ place: String) throws -> EncryptionKey {
        guard let key = EncryptionKey(text) else {
            throw Settings.Fault(
                description: "\(place) must be 32 bytes, as Base64 or as 64 hexadecimal digits; "
                    + "'openssl rand -base64 32' makes one."
            )
        }
        return key
    }

    /// Keys that the operator gives beside the store's: `ID:BASE64`, several with commas, the first of which signs.
    package func signingKeys() throws -> [SigningKey] {
        guard let text = settings.variable("WHYOPS_SIGNING_KEY") else { return [] }
        return try SigningKeyText.keys(text, in: "WHYOPS_SIGNING_KEY")
    }

    /// A secret goes to a person's screen or to a file that only its owner reads, never into a log.
    private func announce(_ key: String) throws {
        if Terminal.isInteractive {
            Terminal.note("A key was made for your clients; it is shown this once: \(key)")
            return
        }
        let path = store.filePrefix + ".key"
        let isWritten = FileManager.default.createFile(
            atPath: path,
            contents: Data((key + "\n").utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard isWritten else { throw CommandFailure("The key file '\(path)' cannot be written; set WHYOPS_API_KEY.") }
        Terminal.note("A key was made for your clients; it is in '\(path)'.")
    }

    // MARK: Configurations

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

    package func ingest(_ options: IngestOptions, _ edge: EdgeOptions) throws -> IngestConfiguration {
        var ingest = IngestConfiguration(
            host: host,
            port: try settings.integer("ingest-port", flag: options.ingestPort, in: 0...65535) ?? 8081,
            maximumBodyBytes: try settings.integer("max-event-bytes", flag: options.maxEventBytes, in: 1...1 << 30)
                ?? 10 << 20,
            prices: try prices(flag: options.prices),
            logger: logger
        )
        ingest.requestsPerMinute = try settings.integer(
            "ingest-requests-per-minute",
            flag: options.ingestRequestsPerMinute,
            in: 1...1_000_000
        )
        ingest.maximumAgents = limits.agents
        let edge = try self.edge(edge)
        ingest.failedKeysPerMinute = edge.failedKeysPerMinute ?? ingest.failedKeysPerMinute
        ingest.certificate = edge.certificate
        ingest.crossOrigin = edge.crossOrigin
        return ingest
    }

    /// The built-in prices, with the operator's before them.
    package func prices(flag: String?) throws -> PriceTable {
        guard let path = settings.string("prices", flag: flag) else { return .standard }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Settings.Fault(description: "The file of prices '\(path)' cannot be read.")
        }
        do {
            return try PriceTable(overriddenBy: Array(data))
        } catch let fault as JSONFault {
            throw Settings.Fault(
                description: "The file of prices '\(path)' is not JSON: \(fault.message) at byte \(fault.offset)."
            )
        } catch let invalid as InvalidInput {
            let places = invalid.faults.map { "\($0.pointer): \($0.message)" }.joined(separator: "; ")
            throw Settings.Fault(description: "The file of prices '\(path)' cannot be used: \(places).")
        }
    }

    /// The operator's listener, where a port is set (PRX-80, PRX-81).
    package func admin(_ options: AdminOptions) throws -> AdminConfiguration? {
        let host = settings.string("admin-host", flag: options.adminHost)
        guard let port = try settings.integer("admin-port", flag: options.adminPort, in: 0...65535) else {
            if host == nil { return nil }
            throw Settings.Fault(description: "--admin-host needs --admin-port.")
        }
        var admin = AdminConfiguration(port: port)
        admin.host = host ?? admin.host
        admin.key = settings.variable("WHYOPS_ADMIN_KEY")
        if let key = admin.key, !(16...256).contains(key.utf8.count) {
            throw Settings.Fault(description: "WHYOPS_ADMIN_KEY must have 16 to 256 characters.")
        }
        guard Self.isLoopback(admin.host) || admin.key != nil else {
            throw Settings.Fault(
                description: "--admin-host '\(admin.host)' can be reached from elsewhere: set WHYOPS_ADMIN_KEY, "
                    + "which its callers then have to send."
            )
        }
        return admin
    }

    /// Whether an address can be reached from this machine only; names other than `localhost` may mean anything.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
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
