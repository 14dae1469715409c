package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
package import WhyOpsEdge
package import WhyOpsStore

/// Where ingest listens and what it takes.
package struct IngestConfiguration: Sendable {
    package var host: String
    package var port: Int
    /// Longer bodies are refused with 413.
    package var maximumBodyBytes: Int
    /// Bodies that are read and stored at once do not come to more together (ING-25).
    package var maximumHeldBytes: Int
    /// Large answers that are being taken by clients do not come to more together (ING-106).
    package var maximumReplyBytes = 256 << 20
    /// The most connections that are open at once; further ones wait.
    package var maximumConnections = 10_000
    /// Until a connection without a request is closed, or one whose client takes nothing of a large answer (ING-131), in
    /// seconds.
    package var idleTimeout = 75.0
    /// The most requests a minute of a key; `nil` for any number.
    package var requestsPerMinute: Int?
    /// The most keys a minute that let nobody in, from one address; 0 for any number.
    package var failedKeysPerMinute = 100
    /// The web pages that may read answers; none unless set.
    package var crossOrigin: CrossOriginPolicy?
    /// How many agents registering may lead to, for whoever asks; `nil` for any number.
    package var maximumAgents: Int?
    /// Files with the certificate and the key of the listener, which then speaks TLS alone.
    package var certificate: (chain: String, key: String)?
    package var prices: PriceTable
    package var logger: Logger

    package init(
        host: String = "127.0.0.1",
        port: Int = 8081,
        maximumBodyBytes: Int = 10 << 20,
        maximumHeldBytes: Int = 128 << 20,
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

    var idleTime: TimeAmount { .milliseconds(Int64(idleTimeout * 1000)) }
}

/// The HTTP interface for events, threads and agents, over a store.
package struct IngestServer: Sendable {
    package typealias Context = IngestContext

    let configuration: IngestConfiguration
    let store: any IngestStore
    let security: ListenerSecurity?
    let metrics: IngestMetrics?

    /// - Parameters:
    ///   - security: the certificate of a listener that speaks TLS.
    ///   - metrics: where the answers are counted.
    package init(
        configuration: IngestConfiguration,
        security: ListenerSecurity? = nil,
        store: any IngestStore,
        metrics: IngestMetrics? = nil
    ) {
        self.configuration = configuration
        self.security = security
        self.store = store
        self.metrics = metrics
    }

    /// The routes alone, for tests without a socket and for hosts that bring their own.
    ///
    /// - Parameter guest: who is let in, whatever the key; `nil` for those whose keys are in the store.
    package func makeRouter(for guest: Tenant? = nil) -> Router<Context> {
        let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
        if let metrics { router.add(middleware: MetricsMiddleware(metrics: metrics)) }
        let replies = BodyBudget(limit: configuration.maximumReplyBytes)
        router.add(
            middleware: EdgeMiddleware(
                crossOrigin: configuration.crossOrigin,
                replies: replies,
                patience: configuration.idleTime
            )
        )
        let allowed = AllowedMethods()
        router.add(middleware: RefusalMiddleware(logger: configuration.logger, allowed: allowed))
        let access = RequestReader(
            door: Door(
                guest: guest,
                tenants: TenantDirectory(store: store),
                limiter: RateLimiter(standard: configuration.requestsPerMinute),
                failedKeys: FailedKeys(perMinute: configuration.failedKeysPerMinute)
            ),
            maximumBodyBytes: configuration.maximumBodyBytes,
            budget: BodyBudget(limit: configuration.maximumHeldBytes)
        )
        // What reads whole traces runs beside the rest, one of an environment at a time (ING-117).
        let gate = FairGate(
            total: 2,
            each: 1,
            waitingTotal: 64,
            waitingEach: 16,
            message: "Too many traces are being read whole. Try again in a few seconds."
        )
        let counters = IngestCounters()
        let probe = HealthProbe { [store] in await store.isHealthy() }
        HealthRoutes(probe: probe, engine: store.engine, counters: counters).add(to: router)
        EventRoutes(access: access, store: store, counters: counters).add(to: router)
        EventQueryRoutes(access: access, store: store).add(to: router)
        let threads = ThreadRoutes(access: access, store: store, prices: configuration.prices)
        threads.add(to: router)
        AgentRoutes(access: access, store: store).add(to: router)
        AgentSettingsRoutes(access: access, store: store, maximumAgents: configuration.maximumAgents).add(to: router)
        MatchRoutes(access: access, store: store, gate: gate, threads: threads).add(to: router)
        GraphRoutes(access: access, store: store, gate: gate).add(to: router)
        FindingRoutes(access: access, store: store, gate: gate).add(to: router)
        LiveRoutes(access: access, store: store, feed: ThreadFeed(store: store), threads: threads).add(to: router)
        DeadLetterRoutes(access: access, store: store).add(to: router)
        AnalyticsRoutes(access: access, store: store, prices: configuration.prices).add(to: router)
        UserRoutes(access: access, store: store, prices: configuration.prices).add(to: router)
        ViewerRoutes().add(to: router)
        allowed.read(router)
        return router
    }

    /// A server that listens until it is told to stop, then finishes the requests that it has.
    ///
    /// - Parameters:
    ///   - onListening: is given the listener before it is told of.
    ///   - onReady: Told the port once connections are accepted; useful with port 0.
    package func makeApplication(
        onListening: @escaping @Sendable (any Channel) async -> Void = { _ in },
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        // What the library itself has to say of its listener is that a stop was one (PRX-152).
        var quiet = configuration.logger
        quiet.logLevel = .critical
        return Application(
            router: makeRouter(),
            server: makeServer(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.maximumConnections,
                    logger: quiet
                )
            ),
            onServerRunning: { channel in
                await onListening(channel)
                await onReady(channel.localAddress?.port ?? 0)
            },
            logger: quiet
        )
    }

    /// What speaks HTTP on each connection, and TLS below it where there is a certificate.
    private func makeServer() -> HTTPServerBuilder {
        let idle = configuration.idleTime
        return HTTPServerBuilder { [security] responder in
            let plain = HTTP1Channel(responder: responder, configuration: .init(idleTimeout: idle))
            guard let security else { return plain }
            return SecureChannel(base: plain, security: security)
        }
    }
}
