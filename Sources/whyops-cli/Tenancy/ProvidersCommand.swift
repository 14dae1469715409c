import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops providers`
struct ProvidersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers",
        abstract: "The upstreams of an environment: where its requests go.",
        discussion: """
            A request goes to the provider that its model names, SLUG/MODEL, and else to the default of its API's vendor. \
            Running proxies follow a change within 5 seconds.

            Examples:
              whyops providers add groq --base-url https://api.groq.com/openai/v1 --credential env:GROQ_API_KEY
              whyops providers add claude --vendor anthropic --credential stdin < key.txt
              whyops providers test groq
              whyops providers default groq
              whyops providers list --json
              whyops providers remove groq
            """,
        subcommands: [List.self, AddProviderCommand.self, Remove.self, Default.self, TestProviderCommand.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the providers, without their credentials.",
            discussion: """
                Example:
                  whyops providers list --json
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions
        @Flag(help: "Print one JSON array.") var json = false

        func run() async throws {
            let records = try await withStore(common) { store, _ in
                try await store.providerRecords(in: environment.name)
            }
            if json { return Terminal.out(objects: records) { $0.write(to: &$1) } }
            for record in records { Terminal.out(record.line) }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a provider and its credential.",
            discussion: """
                Example:
                  whyops providers remove groq
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions
        @Argument(help: "The provider.") var slug: String

        func run() async throws {
            try await withStore(common) { store, _ in
                try await store.removeProvider(slug, in: environment.name)
            }
            Terminal.out("The provider '\(slug)' was removed from \(environment.name.text).")
        }
    }

    struct Default: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a provider serve the requests of its vendor's API that name none.",
            discussion: """
                Example:
                  whyops providers default groq
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions
        @Argument(help: "The provider.") var slug: String

        func run() async throws {
            try await withStore(common) { store, _ in
                try await store.makeProviderDefault(slug, in: environment.name)
            }
            Terminal.out("The provider '\(slug)' is the default of its vendor in \(environment.name.text).")
        }
    }
}

extension ProviderRecord {
    /// What is to be said of it on a line.
    var line: String {
        var parts = [slug, vendor.rawValue, baseURL]
        switch credential {
        case .none: parts.append("no credential")
        case .sealed: parts.append("sealed credential" + (sealedBy.map { " (key \($0))" } ?? ""))
        case .variable(let name): parts.append("env:\(name)")
        }
        if isWhyOps { parts.append("WhyOps") }
        if isDefault { parts.append("default") }
        return parts.joined(separator: "  ")
    }

    func write(to writer: inout JSONWriter) {
        writer.member("slug", slug)
        writer.member("vendor", vendor.rawValue)
        writer.member("baseUrl", baseURL)
        switch credential {
        case .none: writer.member("credential", "none")
        case .sealed: writer.member("credential", "sealed")
        case .variable(let name): writer.member("credential", "env:\(name)")
        }
        writer.member("sealedBy", sealedBy)
        writer.member("whyops", isWhyOps)
        writer.member("default", isDefault)
        writer.member("createdAt", createdAt)
    }
}
