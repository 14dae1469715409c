import FoundationEssentials
package import Logging
package import WhyOps
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
}
