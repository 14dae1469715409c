import Logging
import WhyOpsStore

/// What every request of a proxy shares.
struct ProxyServices: Sendable {
    let configuration: ProxyConfiguration
    let store: any Store
    let recorder: EventRecorder
    let upstream: UpstreamClient
    let echoes: EchoTable
    let keyring: SigningKeyring
    let tenants: TenantDirectory
    let providers: ProviderDirectory
    let limiter = RateLimiter()
    let logger: Logger
    let retries = RetryTable()
}
