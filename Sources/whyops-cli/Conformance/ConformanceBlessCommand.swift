import ArgumentParser
import FoundationEssentials
import WhyOpsCommand
import WhyOpsConformance

/// `whyops conformance bless`
struct ConformanceBlessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bless",
        abstract: "Takes a testee's answer as the expectation of one case, and shows the difference.",
        discussion: """
            Read the difference before it is committed: a released case never changes.

            Example:
              whyops conformance bless signature/strip/12 --testee "python3 testee.py"
            """
    )

    @Argument(help: "The id of the case.")
    var id: String

    @Option(help: "The command that starts the testee. (default: the Swift core in this program)")
    var testee: String?

    @OptionGroup var folder: FolderOptions

    func run() async throws {
        ignoreBrokenPipes()
        let suite = try folder.load()
        guard let subject = suite.cases.first(where: { $0.id == id }) else { throw ValidationError("No case \(id).") }
        let launcher: any TesteeLauncher = testee.map { ProcessLauncher(command: $0) } ?? CoreLauncher()
        let blessing = try await FolderOptions.misuseAsync {
            try await Blessing(subject, suite: suite).ask(launcher)
        }
        guard let blessing else {
            Terminal.out("\(id): nothing to change")
            return
        }
        Terminal.out("- \(blessing.before)\n+ \(blessing.after)")
        do {
            try Data(blessing.bytes).write(to: blessing.file)
        } catch {
            throw ValidationError("cannot write \(blessing.file.path): \(fileFault(error))")
        }
    }
}
