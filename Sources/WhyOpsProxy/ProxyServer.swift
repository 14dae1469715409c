import AsyncHTTPClient
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import ServiceLifecycle
package import WhyOpsStore

/// The proxy as services of a process: the client of its upstreams and the listener.
package struct ProxyServer: Sendable {
    package let configuration: ProxyConfiguration
    private let services: ProxyServices

    /// Creates a proxy that is not listening yet.
    package init(configuration: ProxyConfiguration, store: any Store, recorder: EventRecorder, logger: Logger) {
        self.configuration = configuration
        let upstream = UpstreamClient(
            client: UpstreamClient.makeClient(configuration.timeouts),
            guarded: UpstreamClient.makeClient(configuration.timeouts, reach: .internet),
            timeouts: configuration.timeouts,
            instance: "whyops-" + Identifiers.span().dropFirst(5).replacing("_", with: "-")
        )
        services = ProxyServices(
            configuration: configuration,
            store: store,
            recorder: recorder,
            upstream: upstream,
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
                variable: configuration.variable
            ),
            logger: logger
        )
    }

    /// Shuts the upstream connections down; belongs before the listener in a service group, so that it stops after.
    package var upstreamService: some Service { UpstreamService(upstream: services.upstream) }

    /// The listener.
    ///
    /// - Parameter onReady: is told the port once connections are accepted.
    package func application(onReady: @escaping @Sendable (Int) async -> Void) -> some Service {
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ContinueHandler(), ConnectionWatch()],
            idleTimeout: .seconds(75),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 32 * 1024,
                maxHeaderListSize: 64 * 1024,
                maxHeaderFieldCount: 200
            )
        )
        return Application(
            responder: ProxyResponder(services: services),
            server: .http1(configuration: http),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port), serverName: nil),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? configuration.port) },
            logger: services.logger
        )
    }
}

/// Keeps the upstream connections open until everything that uses them has stopped.
private struct UpstreamService: Service {
    let upstream: UpstreamClient

    func run() async throws {
        try? await gracefulShutdown()
        try await upstream.client.shutdown()
        try await upstream.guarded.shutdown()
    }
}
