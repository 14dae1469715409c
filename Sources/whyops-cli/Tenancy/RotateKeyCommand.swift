import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops keys rotate`
struct RotateKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make a key that takes the place of another one, and print it, this once.",
        discussion: """
            The new key has the name, the agent, the limit and the end of the old one, which ends at once or goes on for the \
            time of --keep. Running services know both within 5 seconds.

            Examples:
              whyops keys rotate ci
              whyops keys rotate ci --keep 24h --expires 90d
              whyops keys rotate YOPS-AbCdEfG --project shop --environment STAGING > new.key
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions
    @Argument(help: "The key's name, its id, or how it begins, as 'keys list' shows it.") var key: String
    @Option(help: "How long the old key goes on: 30m, 12h, 7d, or a time. [default: it ends at once]") var keep:
        Lifetime?
    @Option(help: "When the new key ends: 30m, 12h, 90d, or a time. [default: as the old one]") var expires: Lifetime?
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let (new, record, old) = try await withStore(common) { store, _ in
            try await store.rotateKey(key, in: environment.name, keptUntil: keep?.end, expiresAt: expires?.end)
        }
        if json { return Terminal.out(object: { record.write(new, to: &$0) }) }
        Terminal.out(new)
        let end = old.revokedAt == nil ? Lifetime.text(old.expiresAt).map { "ends at \($0)" } : nil
        Terminal.note(
            "The key '\(record.name)' was made for \(record.environment.text). It is shown this once. The old one "
                + "\(end ?? "has ended")."
        )
    }
}
