import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops projects signature`
struct ProjectSignatureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signature",
        abstract: "Which signature the replies of an environment, or of an agent in it, get.",
        discussion: """
            A request's header X-WhyOps-Signature comes before the agent's setting, that before the environment's, and \
            that before --signature and --signature-policy of the proxy; where the proxy runs with 'off', no setting \
            switches signatures on. Every running proxy follows a change within 5 seconds.

            Examples:
              whyops projects signature set --signature off --project shop --environment STAGING
              whyops projects signature set --policy always --agent planner
              whyops projects signature list
              whyops projects signature unset --agent planner
            """,
        subcommands: [List.self, Set.self, Unset.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the settings of an environment and its agents.",
            discussion: """
                Example:
                  whyops projects signature list --project shop --json
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions
        @Flag(help: "Print one JSON array.") var json = false

        func run() async throws {
            let records = try await withStore(common) { store, _ in
                try await store.signatureRules(in: environment.name)
            }
            if json {
                return Terminal.out(objects: records) { record, writer in
                    writer.member("agent", record.agentName)
                    writer.member("signature", record.rule.signature?.rawValue)
                    writer.member("policy", record.rule.policy?.rawValue)
                }
            }
            for record in records {
                let signature = record.rule.signature.map { "  signature \($0.rawValue)" } ?? ""
                let policy = record.rule.policy.map { "  policy \($0.rawValue)" } ?? ""
                Terminal.out("\(record.agentName ?? "(every agent)")\(signature)\(policy)")
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the signature, the policy or both; what is not named stays as it is.",
            discussion: """
                Examples:
                  whyops projects signature set --signature v1 --project shop
                  whyops projects signature set --signature off --agent planner
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions
        @Option(help: "The name of an agent. [default: the whole environment]") var agent: String?
        @Option(help: "Signature that replies get: v2, v1 or off.", transform: Self.signature)
        var signature: SignatureChoice?
        @Option(help: "Which texts carry one: careful or always.", transform: Self.policy)
        var policy: SignaturePolicy?

        private static func signature(_ text: String) throws -> SignatureChoice {
            guard let choice = SignatureChoice(rawValue: text) else {
                throw ValidationError("--signature must be v2, v1 or off.")
            }
            return choice
        }

        private static func policy(_ text: String) throws -> SignaturePolicy {
            // 'off' is a signature here, so that there is one way to say it.
            guard let policy = SignaturePolicy(rawValue: text), policy != .off else {
                throw ValidationError("--policy must be careful or always.")
            }
            return policy
        }

        func validate() throws {
            if signature == nil, policy == nil { throw ValidationError("Name --signature, --policy or both.") }
            try ProjectSignatureCommand.check(agent)
        }

        func run() async throws {
            let rule = SignatureRule(signature: signature, policy: policy)
            try await withStore(common) { store, _ in
                try await store.setSignatureRule(rule, agent: agent, in: environment.name)
            }
            Terminal.out("The signatures of \(ProjectSignatureCommand.named(agent, environment.name)) were set.")
        }
    }

    struct Unset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget what was set for an environment or an agent.",
            discussion: """
                Examples:
                  whyops projects signature unset --project shop
                  whyops projects signature unset --agent planner
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions
        @Option(help: "The name of an agent. [default: the environment itself]") var agent: String?

        func validate() throws { try ProjectSignatureCommand.check(agent) }

        func run() async throws {
            let whose = ProjectSignatureCommand.named(agent, environment.name)
            let wasSet = try await withStore(common) { store, _ in
                try await store.removeSignatureRule(agent: agent, in: environment.name)
            }
            Terminal.out(
                wasSet ? "What was set for the signatures of \(whose) was forgotten." : "Nothing was set for \(whose)."
            )
        }
    }

    /// As requests may name an agent (PRX-19).
    fileprivate static func check(_ agent: String?) throws {
        guard let agent, !(1...255).contains(agent.utf16.count) else { return }
        throw ValidationError("--agent must have 1 to 255 characters.")
    }

    fileprivate static func named(_ agent: String?, _ environment: EnvironmentName) -> String {
        agent.map { "'\($0)' in \(environment.text)" } ?? environment.text
    }
}
