package import Hummingbird
package import Logging
package import WhyOpsStore

/// Where ingest listens and what it takes.
package struct IngestConfiguration: Sendable {
    package var host: String
    package var port: Int
    /// Longer bodies are refused with 413.
    package var maximumBodyBytes: Int
    /// Bodies that are read and stored at once are not longer together (ING-25).
    package var maximumHeldBytes: Int
    package var prices: PriceTable
    package var logger: Logger

    package init(
        host: String = "127.0.0.1",
        port: Int = 8081,
        maximumBodyBytes: Int = 10 << 20,
        maximumHeldBytes: Int = 64 << 20,
        prices: PriceTable = .standard,
        logger: Logger = Logger(label: "whyops.ingest")
    ) {
        self.host = host
        self.port = port
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumHeldBytes = maximumHeldBytes
        self.prices = prices
        self.logger = logger
    }
}

/// The HTTP interface for events, threads and agents, over a store.
package struct IngestServer: Sendable {
    package typealias Context = BasicRequestContext

    let configuration: IngestConfiguration
    let store: any IngestStore
    let metrics: IngestMetrics?

    /// - Parameter metrics: where the answers are counted.
    package init(configuration: IngestConfiguration, store: any IngestStore, metrics: IngestMetrics? = nil) {
        self.configuration = configuration
        self.store = store
        self.metrics = metrics
    }

    /// The routes alone, for tests without a socket and for hosts that bring their own.
    package func makeRouter() -> Router<Context> {
        let router = Router(context: Context.self)
        if let metrics { router.add(middleware: MetricsMiddleware(metrics: metrics)) }
        router.add(middleware: RefusalMiddleware())
        let access = RequestReader(
            tenants: TenantDirectory(store: store),
            maximumBodyBytes: configuration.maximumBodyBytes,
            budget: BodyBudget(limit: configuration.maximumHeldBytes)
        )
        let counters = IngestCounters()
        let probe = HealthProbe { [store] in await store.isHealthy() }
        HealthRoutes(probe: probe, counters: counters).add(to: router)
        EventRoutes(access: access, store: store, counters: counters).add(to: router)
        EventQueryRoutes(access: access, store: store).add(to: router)
        ThreadRoutes(access: access, store: store, prices: configuration.prices).add(to: router)
        AgentRoutes(access: access, store: store).add(to: router)
        AgentSettingsRoutes(access: access, store: store).add(to: router)
        GraphRoutes(access: access, store: store).add(to: router)
        LiveRoutes(access: access, store: store, feed: ThreadFeed(store: store)).add(to: router)
        DeadLetterRoutes(access: access, store: store).add(to: router)
        AnalyticsRoutes(access: access, store: store, prices: configuration.prices).add(to: router)
        UserRoutes(access: access, store: store, prices: configuration.prices).add(to: router)
        ViewerRoutes().add(to: router)
        return router
    }

    /// A server that listens until it is told to stop, then finishes the requests that it has.
    ///
    /// - Parameter onReady: Told the port once connections are accepted; useful with port 0.
    package func makeApplication(
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            router: makeRouter(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: nil
            ),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) },
            logger: configuration.logger
        )
    }
}
