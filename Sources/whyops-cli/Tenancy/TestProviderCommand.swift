import ArgumentParser
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
        let certificates = try setup.upstreamCertificates(trust)
        let outcome = try await ProviderProbe(provider: provider, policy: policy, certificates: certificates)
            .run(model: model)
        if json {
            Terminal.out(object: { outcome.write(provider, to: &$0) })
        } else {
            Terminal.out(outcome.line(provider))
        }
        if !outcome.isFine { throw ExitCode(1) }
    }
}
