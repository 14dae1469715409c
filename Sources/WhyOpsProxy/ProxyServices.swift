import Logging
import WhyOpsEdge
import WhyOpsStore

/// What every request of a proxy shares: one object, so that who passes it on counts one reference and not ten.
final class ProxyServices: Sendable {
    let configuration: ProxyConfiguration
    let store: any Store
    let recorder: EventRecorder
    let upstream: UpstreamClient
    let echoes: EchoTable
    let keyring: SigningKeyring
    let tenants: TenantDirectory
    let providers: ProviderDirectory
    let limiter: RateLimiter
    let slots: ExchangeSlots
    /// The bodies that are held in memory.
    let bodies: BodyBudget
    /// What is captured of streams.
    let captures: BodyBudget
    /// Events of streams that have not come whole.
    let events: BodyBudget
    let connections: ConnectionCount
    let failedKeys: FailedKeys
    let logger: Logger
    /// `nil` where nobody asks for them.
    let metrics: ProxyMetrics?
    let requestLog: RequestLog
    let unsigned: UnsignedEnvironments
    let retries = RetryTable()
    /// Whether the store works, for who asks for the proxy's health.
    let storeProbe: HealthProbe

    init(
        configuration: ProxyConfiguration,
        store: any Store,
        recorder: EventRecorder,
        upstream: UpstreamClient,
        echoes: EchoTable,
        keyring: SigningKeyring,
        tenants: TenantDirectory,
        providers: ProviderDirectory,
        logger: Logger,
        metrics: ProxyMetrics? = nil,
        storeProbe: HealthProbe? = nil
    ) {
        self.configuration = configuration
        self.store = store
        self.recorder = recorder
        self.upstream = upstream
        self.echoes = echoes
        self.keyring = keyring
        self.tenants = tenants
        self.providers = providers
        slots = ExchangeSlots(
            limit: configuration.maximumExchanges,
            limitPerKey: configuration.maximumExchangesPerKey
        )
        bodies = BodyBudget(limit: configuration.maximumHeldBytes)
        captures = BodyBudget(limit: configuration.maximumHeldBytes)
        events = BodyBudget(limit: configuration.maximumHeldBytes)
        limiter = RateLimiter(standard: configuration.requestsPerMinute)
        connections = ConnectionCount(limit: configuration.maximumConnections)
        failedKeys = FailedKeys(perMinute: configuration.failedKeysPerMinute)
        self.logger = logger
        self.metrics = metrics
        requestLog = RequestLog(logger: logger)
        unsigned = UnsignedEnvironments(logger: logger)
        self.storeProbe = storeProbe ?? HealthProbe { [store] in await store.isHealthy() }
    }
}
