package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServiceLifecycle
package import WhyOpsEdge
package import WhyOpsStore

/// The proxy as a service of a process: the listener, its connections and those to its upstreams.
package struct ProxyServer: Service {
    package let configuration: ProxyConfiguration
    private let services: ProxyServices
    private let security: ListenerSecurity?
    private let onReady: @Sendable (Int) async -> Void

    /// Creates a proxy that is not listening yet.
    ///
    /// - Parameters:
    ///   - metrics: the figures of the process, where they are asked for.
    ///   - security: what TLS needs; `nil` for plain HTTP.
    ///   - onReady: is told the port once connections are accepted.
    package init(
        configuration: ProxyConfiguration,
        security: ListenerSecurity? = nil,
        store: any Store,
        recorder: EventRecorder,
        metrics: ProxyMetrics? = nil,
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) {
        self.configuration = configuration
        self.security = security
        self.onReady = onReady
        services = ProxyServices(
            configuration: configuration,
            store: store,
            recorder: recorder,
            upstream: UpstreamClient(
                instance: "whyops-" + Identifiers.span().dropFirst(5).replacing("_", with: "-")
            ),
            echoes: EchoTable(
                capacity: configuration.maximumEchoLinks,
                store: store,
                recorder: recorder,
                patience: StorePatience(limit: .seconds(configuration.stitchTimeout))
            ),
            keyring: SigningKeyring(
                given: .init(keys: configuration.signingKeys, environmentID: configuration.homeEnvironmentID),
                logger: logger,
                read: { try await store.signingKeys(tenant: $0, makesFirst: $1) }
            ),
            tenants: TenantDirectory(store: store),
            providers: ProviderDirectory(
                store: store,
                home: (configuration.homeEnvironmentID, configuration.providers),
                upstreamPolicy: configuration.upstreamPolicy.listening(configuration.host, configuration.port),
                variables: configuration.variables
            ),
            logger: logger,
            metrics: metrics
        )
    }

    /// Brings the figures up to date that nobody counts by himself.
    package func readMetrics() {
        guard let metrics = services.metrics else { return }
        metrics.read(services.recorder)
        metrics.read(services.connections)
        metrics.read(bodies: services.bodies, captures: services.captures, events: services.events)
        metrics.read(services.echoes)
    }

    /// Accepts connections until it is told to stop, and then until the last reply has ended.
    package func run() async throws {
        let upstreams = UpstreamSecurity.configuration(certificates: configuration.upstreamCertificates)
        let loops = ProxyLoops(services: services, security: try NIOSSLContext(configuration: upstreams))
        let listener = try await loops.listen(
            host: configuration.host,
            port: configuration.port,
            security: security
        )
        await onReady(listener.localAddress?.port ?? configuration.port)
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await listener.closeFuture.get()
                try await loops.drain()
            } onGracefulShutdown: {
                listener.close(promise: nil)
            }
        } onCancel: {
            listener.close(promise: nil)
            loops.close()
        }
    }
}
