import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOSSL
import WhyOps
import WhyOpsCommand
import WhyOpsProxy
import WhyOpsStore

/// `whyops providers test`
struct TestProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Ask a provider for its models, or a model for a word, and say what came back.",
        discussion: """
            A real call, GET /models, with the provider's credential, and where that is answered once more without it: \
            who gives its models to everybody has not looked at the credential. Both cost nothing at the vendors.
            With --model the model is asked for a word instead, which costs a few tokens and proves the credential.
            TLS is verified as the proxies do it; give it the same --upstream-ca.
            Exit status: 0 the provider answers, 1 it does not or refuses the credential, 2 misuse.

            Examples:
              whyops providers test groq
              whyops providers test groq --model llama-3.3-70b-versatile
              whyops providers test claude --project shop --json
              whyops providers test ours --upstream-ca /etc/ssl/ours.pem --allow-private-upstreams models.lan
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var upstreams: UpstreamPolicyOptions
    @OptionGroup var trust: UpstreamTrustOptions
    @Argument(help: "The provider.") var slug: String
    @Option(help: ArgumentHelp("Ask this model, under the provider's own name for it.", valueName: "name"))
    var model: String?
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        if model == "" { throw ValidationError("--model needs the name of a model.") }
    }

    func run() async throws {
        let (stored, setup) = try await withStore(common) { store, setup in
            (try await store.provider(slug, in: environment.name), setup)
        }
        let policy = try setup.upstreamPolicy(upstreams)
        let provider = Provider(stored, policy: policy, variables: try setup.credentialVariables(upstreams))
        if let fault = provider.fault { throw CommandFailure("The provider '\(slug)' cannot be used: \(fault).") }
        let upstream: ResolvedUpstream
        do {
            upstream = try ResolvedUpstream(provider.baseURL, policy: policy)
        } catch let fault as Settings.Fault {
            throw CommandFailure(fault.description)
        }
        guard let ip = upstream.ipText else {
            throw CommandFailure("The host '\(upstream.address.host)' of the provider '\(slug)' cannot be resolved.")
        }
        let security = UpstreamSecurity.configuration(certificates: try setup.upstreamCertificates(trust))
        let outcome = try await ask(provider, upstream.address.host, ip, security)
        if json {
            Terminal.out(object: { outcome.write(provider, to: &$0) })
        } else {
            Terminal.out(outcome.line(provider))
        }
        if !outcome.isFine { throw ExitCode(1) }
    }

    private func ask(
        _ provider: Provider,
        _ host: String,
        _ ip: String,
        _ security: TLSConfiguration
    ) async throws -> ProviderOutcome {
        var configuration = HTTPClient.Configuration()
        // As the proxies connect, or a provider that works would fail here, and one that does not would pass.
        configuration.tlsConfiguration = security
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        // The address that was checked is the one that is connected to.
        configuration.dnsOverride = [host: ip]
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

    /// The kind of a failure, without anything of what was sent.
    private static func reason(_ error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
            return
                "its certificate is not one for this host that the system or --upstream-ca vouches for, or it speaks "
                + "nothing from TLS 1.2 on"
        }
        return "no connection (\(type(of: error)))"
    }
}
