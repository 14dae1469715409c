import AsyncHTTPClient
import NIOCore
import NIOSSL
import WhyOps
import WhyOpsCommand
import WhyOpsProxy

/// Calls a provider as the proxies do, with the credential that they send.
struct ProviderProbe {
    let provider: Provider
    /// Where the provider may lead; `nil` for one that the operator set, who may name any address.
    let policy: UpstreamPolicy?
    /// A file of certificates that upstreams may be certified by.
    let certificates: String?

    /// - Parameter model: which is asked for a word; `nil` for the list of models.
    /// - Throws: `CommandFailure` that says why the provider cannot be used or reached.
    func run(model: String? = nil) async throws -> ProviderOutcome {
        let slug = provider.name
        if let fault = provider.fault { throw CommandFailure("The provider '\(slug)' cannot be used: \(fault).") }
        var configuration = HTTPClient.Configuration()
        // As the proxies connect, or a provider that works would fail here, and one that does not would pass.
        configuration.tlsConfiguration = UpstreamSecurity.configuration(certificates: certificates)
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        if let policy { configuration.dnsOverride = try address(by: policy) }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let outcome: ProviderOutcome
        do {
            let call = ProviderCall(provider: provider, client: client)
            if let model {
                outcome = try await call.ask(model)
            } else {
                outcome = try await call.models()
            }
        } catch {
            try? await client.shutdown()
            throw CommandFailure(
                "The provider '\(slug)' at \(provider.baseURL) cannot be reached: \(Self.reason(error))."
            )
        }
        try? await client.shutdown()
        return outcome
    }

    /// The address that was checked is the one that is connected to.
    private func address(by policy: UpstreamPolicy) throws -> [String: String] {
        do {
            let upstream = try ResolvedUpstream(provider.baseURL, policy: policy)
            guard let ip = upstream.ipText else {
                throw CommandFailure(
                    "The host '\(upstream.address.host)' of the provider '\(provider.name)' cannot be resolved."
                )
            }
            return [upstream.address.host: ip]
        } catch let fault as Settings.Fault {
            throw CommandFailure(fault.description)
        }
    }

    /// The kind of a failure, without anything of what was sent.
    private static func reason(_ error: any Error) -> String {
        if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
            return
                "its certificate is not one for this host that the system or --upstream-ca vouches for, or it speaks "
                + "nothing from TLS 1.2 on"
        }
        return connectionFault(error)
    }
}
