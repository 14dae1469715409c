package import Logging
import ServiceLifecycle
import UnixSignals
package import WhyOpsIngest
package import WhyOpsProxy
package import WhyOpsStore

/// Runs proxy and ingest, or one of them, over one store.
package struct ServiceRunner: Sendable {
    package var proxy: ProxyConfiguration?
    package var ingest: IngestConfiguration?
    package var admin: AdminConfiguration?
    package var shutdownTimeout: Double
    /// Whether signals stop the services; not so where the host cancels their task itself.
    package var handlesSignals = true

    /// What of the time for stopping is kept for the store, in seconds: what requests were cut off are recorded then.
    private var reserve: Double { min(5, shutdownTimeout / 5) }

    /// How long the listeners wait for what an earlier run left in the spool; the rest follows while they work.
    private static let recoveryTime = Duration.seconds(2)

    package init(proxy: ProxyConfiguration?, ingest: IngestConfiguration?, shutdownTimeout: Double) {
        self.proxy = proxy
        self.ingest = ingest
        self.shutdownTimeout = shutdownTimeout
    }

    /// Runs until a signal; what was accepted is stored before it returns.
    ///
    /// - Parameter onReady: is told a service's name and address once it accepts connections.
    package func run(
        store: SQLiteStore,
        logger: Logger,
        onReady: @escaping @Sendable (String, String) async -> Void
    ) async throws {
        let registry = PrometheusRegistry(help: IngestMetrics.help.merging(ProxyMetrics.help) { mine, _ in mine })
        // Services stop from the last to the first: listeners with their connections, then the recorder.
        var services: [any Service] = []
        if var proxy {
            proxy.homeEnvironmentID = try await store.homeEnvironment()
            let recorder = try makeRecorder(proxy.spool, store: store, logger: logger)
            await recorder.recover(within: Self.recoveryTime)
            let host = proxy.host
            let security = try makeSecurity(proxy, logger: logger)
            let scheme = security == nil ? "http" : "https"
            let listener = ProxyServer(
                configuration: proxy,
                security: security,
                store: store,
                recorder: recorder,
                metrics: admin == nil ? nil : ProxyMetrics(factory: registry),
                logger: logger
            ) {
                await onReady("proxy", "\(scheme)://\(host.asAuthority($0))")
            }
            registry.beforeReading { listener.readMetrics() }
            services.append(recorder)
            if let security { services.append(CertificateFollower(security: security, handlesSignals: handlesSignals)) }
            services.append(Listener(name: "proxy", address: proxy.host.asAuthority(proxy.port), service: listener))
        }
        if let ingest {
            let server = IngestServer(configuration: ingest, store: store, metrics: IngestMetrics(factory: registry))
            let listener = server.makeApplication { await onReady("ingest", "http://\(ingest.host.asAuthority($0))") }
            services.append(Listener(name: "ingest", address: ingest.host.asAuthority(ingest.port), service: listener))
        }
        if let admin {
            let server = AdminServer(configuration: admin, registry: registry, store: store, logger: logger)
            let listener = server.application { await onReady("admin", "http://\(admin.host.asAuthority($0))") }
            // It answers for as long as the others drain.
            services.insert(
                Listener(name: "admin", address: admin.host.asAuthority(admin.port), service: listener),
                at: 0
            )
        }
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: handlesSignals ? [.sigterm, .sigint] : [],
            logger: Logger(label: "whyops.lifecycle") { _ in
                SwiftLogNoOpLogHandler()
            }
        )
        configuration.maximumGracefulShutdownDuration = .seconds(shutdownTimeout - reserve)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            try? await store.close()
            throw error as? CommandFailure ?? CommandFailure("A service stopped: \(error)")
        }
        try await store.close()
    }

    private func makeSecurity(_ proxy: ProxyConfiguration, logger: Logger) throws -> ListenerSecurity? {
        guard let files = proxy.certificate else { return nil }
        do {
            return try ListenerSecurity(certificate: files.chain, key: files.key, logger: logger)
        } catch {
            throw CommandFailure(error.message)
        }
    }

    private func makeRecorder(_ spool: SpoolConfiguration?, store: any Store, logger: Logger) throws -> EventRecorder {
        guard let spool else { return EventRecorder(store: store, logger: logger) }
        do {
            return EventRecorder(
                store: store,
                logger: logger,
                spool: try Spool(spool, logger: logger),
                afterTime: .seconds(reserve)
            )
        } catch {
            throw CommandFailure("\(error.message). --spool off runs without one.")
        }
    }
}

/// A service whose failure names it and the address that it was to listen on.
private struct Listener<Wrapped: Service>: Service {
    let name: String
    let address: String
    let service: Wrapped

    func run() async throws {
        do {
            try await service.run()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw CommandFailure("The \(name) cannot run on \(address): \(error)")
        }
    }
}

extension String {
    /// A host with its port, as addresses have them: one of IPv6 in brackets.
    fileprivate func asAuthority(_ port: Int) -> String {
        contains(":") && !hasPrefix("[") ? "[\(self)]:\(port)" : "\(self):\(port)"
    }
}
