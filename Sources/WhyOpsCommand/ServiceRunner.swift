package import Logging
import ServiceLifecycle
import UnixSignals
import WhyOpsEdge
package import WhyOpsIngest
package import WhyOpsProxy
package import WhyOpsStore

/// Runs proxy and ingest, or one of them, over one store.
package struct ServiceRunner: Sendable {
    package var proxy: ProxyConfiguration?
    package var ingest: IngestConfiguration?
    package var admin: AdminConfiguration?
    /// `nil` where nothing is ever removed: a proxy leaves that to ingest.
    package var retention: RetentionConfiguration?
    package var shutdownTimeout: Double
    /// Whether signals stop the services; not so where the host cancels their task itself.
    package var handlesSignals = true

    /// What of the time for stopping is kept for the store, in seconds: what requests were cut off are recorded then.
    private var reserve: Double { min(5, shutdownTimeout / 5) }

    /// How long the listeners wait for what an earlier run left in the spool; the rest follows while they work.
    private static let recoveryTime = Duration.seconds(2)

    /// How much longer than it should a stop may take where something is still being recorded; what hangs is left then.
    private static let patience = Duration.seconds(5)

    package init(proxy: ProxyConfiguration?, ingest: IngestConfiguration?, shutdownTimeout: Double) {
        self.proxy = proxy
        self.ingest = ingest
        self.shutdownTimeout = shutdownTimeout
    }

    /// Runs until a signal; what was accepted is stored before it returns.
    ///
    /// - Parameter onReady: is told a service's name and address once it accepts connections.
    package func run(
        store: DatabaseStore,
        logger: Logger,
        onReady: @escaping @Sendable (String, String) async -> Void
    ) async throws {
        let help = [ProxyMetrics.help, RetentionMetrics.help].reduce(IngestMetrics.help) {
            $0.merging($1) { mine, _ in mine }
        }
        let registry = PrometheusRegistry(help: help)
        // Services stop from the last to the first: listeners with their connections, then the recorder.
        var services: [any Service] = []
        // Both listeners have the same one.
        let security = try makeSecurity(proxy?.certificate ?? ingest?.certificate, logger: logger)
        let scheme = security == nil ? "http" : "https"
        if let security { services.append(CertificateFollower(security: security, handlesSignals: handlesSignals)) }
        if var proxy {
            proxy.homeEnvironmentID = try await store.homeEnvironment()
            let recorder = try makeRecorder(proxy.spool, store: store, logger: logger)
            await recorder.recover(within: Self.recoveryTime)
            let host = proxy.host
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
            services.append(Listener(name: "proxy", address: proxy.host.asAuthority(proxy.port), service: listener))
        }
        if let ingest {
            let server = IngestServer(
                configuration: ingest,
                security: security,
                store: store,
                metrics: IngestMetrics(factory: registry)
            )
            let log = ListenerLog(logger: logger)
            let listener = server.makeApplication(onListening: { await AcceptPause.add(to: $0, log: log) }) {
                await onReady("ingest", "\(scheme)://\(ingest.host.asAuthority($0))")
            }
            services.append(Listener(name: "ingest", address: ingest.host.asAuthority(ingest.port), service: listener))
        }
        if let retention {
            services.append(
                Retention(
                    configuration: retention,
                    store: store,
                    metrics: RetentionMetrics(factory: registry),
                    logger: logger
                )
            )
        }
        if let admin {
            let server = AdminServer(configuration: admin, registry: registry, store: store, logger: logger)
            let log = ListenerLog(logger: logger)
            let listener = server.application(onListening: { await AcceptPause.add(to: $0, log: log) }) {
                await onReady("admin", "http://\(admin.host.asAuthority($0))")
            }
            // It answers for as long as the others drain.
            services.insert(
                Listener(name: "admin", address: admin.host.asAuthority(admin.port), service: listener),
                at: 0
            )
        }
        let end = FirstAnswer<Result<Void, any Error>>()
        let limit = StopLimit(limit: .seconds(shutdownTimeout) + Self.patience) { end.give(nil) }
        // The last service is told of a stop first.
        services.append(limit)
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: handlesSignals ? [.sigterm, .sigint] : [],
            logger: Logger(label: "whyops.lifecycle") { _ in
                SwiftLogNoOpLogHandler()
            }
        )
        configuration.maximumGracefulShutdownDuration = .seconds(shutdownTimeout - reserve)
        let group = ServiceGroup(configuration: configuration)
        let running = Task {
            do { end.give(.success(try await group.run())) } catch { end.give(.failure(error)) }
        }
        let result = await withTaskCancellationHandler {
            await end.value
        } onCancel: {
            running.cancel()
            limit.begin()
        }
        if result == nil { logger.warning("Requests are left where they are: the store does not answer") }
        do {
            try result?.get()
        } catch {
            try? await close(store)
            throw error as? CommandFailure ?? CommandFailure("A service stopped: \(error)")
        }
        try await close(store)
    }

    /// How long the recorder may take when nothing else is open; the rest of the reserve is for the store to close.
    private var recordingTime: Duration { .seconds(reserve * 0.8) }

    /// How long a store may take to close. What it was given is in its journal by then; one that hangs is left as it is.
    private var closingTime: Duration { .seconds(max(1, reserve * 0.2)) }

    private func close(_ store: DatabaseStore) async throws {
        try await FirstAnswer.within(closingTime) { () async -> Result<Void, any Error> in
            do { return .success(try await store.close()) } catch { return .failure(error) }
        }?.get()
    }

    private func makeSecurity(_ files: (chain: String, key: String)?, logger: Logger) throws -> ListenerSecurity? {
        guard let files else { return nil }
        do {
            return try ListenerSecurity(certificate: files.chain, key: files.key, logger: logger)
        } catch {
            throw CommandFailure(error.message)
        }
    }

    private func makeRecorder(_ spool: SpoolConfiguration?, store: any Store, logger: Logger) throws -> EventRecorder {
        guard let spool else {
            return EventRecorder(store: store, logger: logger, afterTime: recordingTime)
        }
        do {
            return EventRecorder(
                store: store,
                logger: logger,
                spool: try Spool(spool, logger: logger),
                afterTime: recordingTime
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
