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
        abstract: "Ask a provider for its models and say what came back.",
        discussion: """
            One real call, GET /models, with the provider's credential. It costs nothing at the vendors. TLS is verified \
            as the proxies do it; give it the same --upstream-ca.
            Exit status: 0 the provider answers and lets in, 1 it does not, 2 misuse.

            Examples:
              whyops providers test groq
              whyops providers test claude --project shop --json
              whyops providers test ours --upstream-ca /etc/ssl/ours.pem --allow-private-upstreams models.lan
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var upstreams: UpstreamPolicyOptions
    @OptionGroup var trust: UpstreamTrustOptions
    @Argument(help: "The provider.") var slug: String
    @Flag(help: "Print one JSON object.") var json = false

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
            outcome = try await Self.models(provider, client)
        } catch {
            try? await client.shutdown()
            throw CommandFailure(
                "The provider '\(slug)' at \(provider.baseURL) cannot be reached: \(Self.reason(error))."
            )
        }
        try? await client.shutdown()
        return outcome
    }

    private static func models(_ provider: Provider, _ client: HTTPClient) async throws -> ProviderOutcome {
        var request = HTTPClientRequest(url: provider.url(for: "/models", query: nil))
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "whyops")
        if let (name, value) = provider.credentialHeader { request.headers.add(name: name, value: value) }
        if provider.vendor == .anthropic { request.headers.add(name: "anthropic-version", value: "2023-06-01") }
        let start = ContinuousClock.now
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)
        return ProviderOutcome(
            status: Int(response.status.code),
            models: ProviderOutcome.models(in: body),
            seconds: (ContinuousClock.now - start) / .seconds(1)
        )
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

/// What a provider answered to the question for its models.
struct ProviderOutcome {
    let status: Int
    /// How many, where the answer is a list of models.
    let models: Int?
    let seconds: Double

    var isFine: Bool { (200...299).contains(status) && models != nil }

    /// Both vendors answer `{"data": [...]}`.
    static func models(in body: [UInt8]) -> Int? {
        guard let root = try? JSONDocument(body).root, let data = root["data"], data.kind == .array else { return nil }
        return data.children.count
    }

    func line(_ provider: Provider) -> String {
        "\(provider.name)  \(provider.url(for: "/models", query: nil))  \(verdict)"
    }

    private var verdict: String {
        let time = "\(Int((seconds * 1000).rounded())) ms"
        switch status {
        case 200...299: return models.map { "\($0) models in \(time)" } ?? "answered in \(time), but not with models"
        case 401, 403: return "refused the credential (status \(status))"
        case 300...399: return "sends elsewhere (status \(status)), which is never followed: correct the address"
        default: return "answered with status \(status)"
        }
    }

    func write(_ provider: Provider, to writer: inout JSONWriter) {
        writer.member("slug", provider.name)
        writer.member("url", provider.url(for: "/models", query: nil))
        writer.member("status", status)
        writer.member("models", models)
        writer.member("milliseconds", Int((seconds * 1000).rounded()))
        writer.member("ok", isFine)
    }
}
