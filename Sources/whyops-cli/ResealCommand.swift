import ArgumentParser
import FoundationEssentials
import WhyOpsCommand
import WhyOpsStore

/// `whyops keys reseal`
struct ResealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reseal",
        abstract: "Seal the secrets of the store with another WHYOPS_ENCRYPTION_KEY.",
        discussion: """
            Seals the credentials of providers and the signing keys anew, all of them or none. WHYOPS_ENCRYPTION_KEY is the \
            new key; the old one is in WHYOPS_OLD_ENCRYPTION_KEY, or in the file of --old-key.

            Services that go on with the old key alone cannot use what was sealed anew. So start them all with both \
            variables first, then run this command, and take WHYOPS_OLD_ENCRYPTION_KEY away at their next start.

            Examples:
              WHYOPS_OLD_ENCRYPTION_KEY=... WHYOPS_ENCRYPTION_KEY=... whyops keys reseal
              whyops keys reseal --old-key file:old.key
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Where the old key is: file:PATH. [default: WHYOPS_OLD_ENCRYPTION_KEY]") var oldKey: String?

    func run() async throws {
        let count = try await withStore(common, oldKey: try oldKey.map(Self.read)) { store, _ in
            try await store.resealSecrets()
        }
        Terminal.out(count == 1 ? "1 secret was sealed anew." : "\(count) secrets were sealed anew.")
    }

    private static func read(_ text: String) throws -> String {
        guard text.hasPrefix("file:") else {
            // What was given may be the key itself, so it is not repeated.
            throw Settings.Fault(
                description:
                    "--old-key must be file:PATH. A key is never an argument: others on this machine can read those."
            )
        }
        let path = String(text.dropFirst(5))
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("The file '\(path)' cannot be read.")
        }
        var line = String(decoding: data, as: UTF8.self)[...]
        while line.last?.isNewline == true { line.removeLast() }
        return String(line)
    }
}
