package import ArgumentParser
import Logging
import WhyOpsIngest
import WhyOpsProxy

/// `whyops serve`
package struct ServeCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run proxy and ingest in one process.",
        discussion: settingsDiscussion + """


            Examples:
              OPENAI_API_KEY=sk-... whyops serve
              whyops serve --host 0.0.0.0 --tls-certificate chain.pem --tls-key key.pem --admin-port 9090
            """
    )

    @OptionGroup package var common: CommonOptions
    @OptionGroup package var service: ServiceOptions
    @OptionGroup package var admin: AdminOptions
    @OptionGroup package var edge: EdgeOptions
    @OptionGroup package var proxy: ProxyOptions
    @OptionGroup package var ingest: IngestOptions

    package init() {}

    package func run() async throws {
        let setup = try ServiceSetup(common, service: service)
        try await serve(
            setup,
            proxy: setup.proxy(proxy, edge),
            ingest: setup.ingest(ingest, edge),
            admin: setup.admin(admin),
            retention: setup.retention(ingest.retention)
        )
    }
}

/// `whyops-proxy`
package struct ProxyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "whyops-proxy",
        abstract: "Run the proxy alone, over a store that it shares with ingest.",
        discussion: settingsDiscussion + """


            Example:
              whyops-proxy --store sqlite:/var/lib/whyops/whyops.sqlite --proxy-port 8080
            """
    )

    @OptionGroup package var common: CommonOptions
    @OptionGroup package var service: ServiceOptions
    @OptionGroup package var admin: AdminOptions
    @OptionGroup package var edge: EdgeOptions
    @OptionGroup package var proxy: ProxyOptions

    package init() {}

    package func run() async throws {
        let setup = try ServiceSetup(common, service: service)
        try await serve(setup, proxy: setup.proxy(proxy, edge), ingest: nil, admin: setup.admin(admin))
    }
}

/// `whyops-ingest`
package struct IngestCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "whyops-ingest",
        abstract: "Run ingest alone, over a store that it shares with the proxy.",
        discussion: settingsDiscussion + """


            Example:
              whyops-ingest --store sqlite:/var/lib/whyops/whyops.sqlite --ingest-port 8081
            """
    )

    @OptionGroup package var common: CommonOptions
    @OptionGroup package var service: ServiceOptions
    @OptionGroup package var admin: AdminOptions
    @OptionGroup package var edge: EdgeOptions
    @OptionGroup package var ingest: IngestOptions

    package init() {}

    package func run() async throws {
        let setup = try ServiceSetup(common, service: service)
        try await serve(
            setup,
            proxy: nil,
            ingest: setup.ingest(ingest, edge),
            admin: setup.admin(admin),
            retention: setup.retention(ingest.retention)
        )
    }
}

/// Lets the process have the files that its limits may come to.
private func prepareFileLimit(_ proxy: ProxyConfiguration, _ logger: Logger) {
    let needed = proxy.neededFiles
    let limit = raiseFileLimit(to: needed)
    if limit >= needed { return }
    logger.warning(
        "the system lets the process have fewer open files than --max-connections and --max-exchanges may need",
        metadata: ["limit": .stringConvertible(limit), "needed": .stringConvertible(needed)]
    )
}

/// Says on standard output where the services listen, one line each, as soon as they do.
private func serve(
    _ setup: ServiceSetup,
    proxy: ProxyConfiguration?,
    ingest: IngestConfiguration?,
    admin: AdminConfiguration?,
    retention: RetentionConfiguration? = nil
) async throws {
    ignoreFileSizeLimits()
    if let proxy { prepareFileLimit(proxy, setup.logger) }
    let store = try await setup.openStore()
    if proxy != nil { try await setup.prepareSigningKeys(store) }
    if let proxy, proxy.providers.isEmpty {
        Terminal.note(
            "No provider is configured by a variable: set OPENAI_API_KEY or ANTHROPIC_API_KEY, or add providers with "
                + "'whyops providers add'."
        )
    }
    var runner = ServiceRunner(proxy: proxy, ingest: ingest, shutdownTimeout: setup.shutdownTimeout)
    runner.admin = admin
    runner.retention = retention
    try await runner.run(store: store, logger: setup.logger) { name, address in Terminal.out("\(name) \(address)") }
}
