import HTTPTypes
import Hummingbird
package import Logging
package import NIOCore
package import ServiceLifecycle
package import WhyOpsStore

/// Where the operator's listener is and who may ask it.
package struct AdminConfiguration: Sendable {
    package var host = "127.0.0.1"
    package var port: Int
    /// What a request has to bring as a bearer token; `nil` on a loopback address only (PRX-81).
    package var key: String?

    package init(port: Int) { self.port = port }
}

/// The operator's listener: metrics for a scraper, and whether the process works (PRX-80 to PRX-83).
package struct AdminServer: Sendable {
    let configuration: AdminConfiguration
    let registry: PrometheusRegistry
    let store: any Store
    let logger: Logger

    package init(configuration: AdminConfiguration, registry: PrometheusRegistry, store: any Store, logger: Logger) {
        self.configuration = configuration
        self.registry = registry
        self.store = store
        self.logger = logger
    }

    /// - Parameters:
    ///   - onListening: is given the listener before it is told of.
    ///   - onReady: is told the port once connections are accepted.
    package func application(
        onListening: @escaping @Sendable (any Channel) async -> Void,
        onReady: @escaping @Sendable (Int) async -> Void
    ) -> some Service {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: AdminKeyMiddleware(key: configuration.key))
        router.get("metrics") { [registry] _, _ in
            Self.response(200, registry.exposition(), type: PrometheusText.mediaType)
        }
        router.get("health/live") { _, _ in Self.response(200, #"{"status":"live"}"#) }
        let probe = HealthProbe { [store] in await store.isHealthy() }
        router.get("health/ready") { _, _ in
            await probe.isHealthy()
                ? Self.response(200, #"{"status":"ready"}"#)
                : Self.response(503, #"{"status":"not ready","error":"The store does not answer."}"#)
        }
        // What the library itself has to say of its listener is that a stop was one (PRX-152).
        var quiet = logger
        quiet.logLevel = .critical
        return Application(
            router: router,
            configuration: .init(address: .hostname(configuration.host, port: configuration.port), serverName: nil),
            onServerRunning: { channel in
                await onListening(channel)
                await onReady(channel.localAddress?.port ?? configuration.port)
            },
            logger: quiet
        )
    }

    fileprivate static func response(_ status: Int, _ text: String, type: String = "application/json") -> Response {
        Response(
            status: .init(code: status),
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}

/// Asks for the operator's key where there is one.
private struct AdminKeyMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    let key: String?

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let key, request.headers[.authorization].map({ isSame($0, "Bearer " + key) }) != true {
            return AdminServer.response(401, #"{"error":"Send the operator's key as 'Authorization: Bearer'."}"#)
        }
        return try await next(request, context)
    }

    /// Compares in a time that does not tell how much is right.
    private func isSame(_ given: String, _ wanted: String) -> Bool {
        let given = Array(given.utf8)
        let wanted = Array(wanted.utf8)
        guard given.count == wanted.count else { return false }
        return zip(given, wanted).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
