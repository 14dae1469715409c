import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsProxy
import WhyOpsStore

/// `whyops providers add`
struct AddProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a provider to an environment.",
        discussion: """
            The address must begin with https:// and lead into the open Internet, unless its host is named by \
            --allow-private-upstreams, for the proxies too. A credential from stdin or a file is kept under \
            WHYOPS_ENCRYPTION_KEY; env:NAME is read by each proxy from its own variables. Neither is ever shown again.

            Examples:
              whyops providers add groq --base-url https://api.groq.com/openai/v1 --credential env:GROQ_API_KEY
              whyops providers add openai --credential file:openai.key --default
              whyops providers add claude --vendor anthropic --credential stdin < key.txt
              whyops providers add ollama --base-url http://127.0.0.1:11434/v1 --allow-private-upstreams loopback
              whyops providers add hub --whyops --base-url https://whyops.example.com/v1 --credential env:HUB_KEY
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var upstreams: UpstreamPolicyOptions
    @Argument(help: "The name that models are prefixed with: a-z, 0-9, '-', '_' and '.'.") var slug: String
    @Option(help: "Whose API it speaks: openai or anthropic.", transform: Self.vendor) var vendor = Vendor.openai
    @Option(help: "The address of its API. [default: the vendor's own]") var baseURL: String?
    @Option(help: "Where its credential is: env:NAME, file:PATH or stdin. [default: none is sent]")
    var credential: String?
    @Flag(help: "It is another WhyOps: it goes on with our traces and signs nothing.") var whyops = false
    @Flag(name: .customLong("default"), help: "Let it serve the vendor's requests that name no provider.")
    var isDefault = false

    private static func vendor(_ text: String) throws -> Vendor {
        guard let vendor = Vendor(rawValue: text) else {
            let words = Vendor.allCases.map(\.rawValue).joined(separator: " or ")
            throw ValidationError("--vendor must be \(words).")
        }
        return vendor
    }

    func run() async throws {
        guard NewProvider.isSlug(slug) else {
            throw Settings.Fault(
                description: "The name of a provider must have 1 to 63 characters of a-z, 0-9, '-', '_' and '.', and "
                    + "begin with a letter or a digit."
            )
        }
        let address = baseURL ?? vendor.standardAddress
        var new = NewProvider(
            slug: slug,
            vendor: vendor,
            baseURL: address,
            credential: try SecretSource.credential(credential)
        )
        new.isWhyOps = whyops
        new.isDefault = isDefault
        try await withStore(common) { [new] store, setup in
            let policy = try setup.upstreamPolicy(upstreams)
            let checked = try ResolvedUpstream(address, policy: policy)
            if checked.ip == nil {
                Terminal.note(
                    "The host '\(checked.address.host)' cannot be resolved here; each proxy checks it when it connects."
                )
            }
            if case .variable(let name) = new.credential,
                try !setup.credentialVariables(upstreams).isGranted(name, to: environment.name)
            {
                Terminal.note(
                    "Each proxy has to be started with --credential-variables '\(name)=\(environment.name.text)', or the "
                        + "provider cannot be used there."
                )
            }
            try await store.addProvider(new, in: environment.name)
        }
        Terminal.out("The provider '\(slug)' was added to \(environment.name.text).")
    }
}

extension Vendor {
    /// The address of the vendor's own API.
    var standardAddress: String {
        switch self {
        case .openai: "https://api.openai.com/v1"
        case .anthropic: "https://api.anthropic.com"
        }
    }
}
