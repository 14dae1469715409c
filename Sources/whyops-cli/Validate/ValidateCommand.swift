import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsValidation

extension PayloadKind: ExpressibleByArgument {}
extension ReportForm: ExpressibleByArgument {}
extension PayloadLayout: ExpressibleByArgument {}

/// `whyops validate`
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks files of events and agent definitions against the protocol.",
        discussion: """
            A file holds one JSON value, an array of them, or one value a line (.jsonl, .ndjson); it is read part by part, \
            whatever its size. A folder stands for all .json, .jsonl and .ndjson files in it, and a pattern may hold *, ?, \
            [...] and, for any folders, **. - is standard input.

            Exit status: 0 nothing found, 1 findings, 2 misuse or a file that cannot be read.

            Examples:
              whyops validate events.ndjson
              whyops validate --profile strict --format github 'payloads/**/*.json'
              whyops validate --kind agent agents/
              producer | whyops validate -
              whyops validate --explain traceId.required
            """
    )

    private static let profiles = EventProfile.allCases.map(\.rawValue).joined(separator: ", ")

    @Argument(help: "Files, folders, patterns, or - for standard input.", completion: .file())
    var files: [String] = []

    @Option(help: "What the payloads are: \(PayloadKind.allValueStrings.joined(separator: ", ")).")
    var kind = PayloadKind.auto

    @Option(
        help: "How much is asked of events: \(ValidateCommand.profiles) (default: original).",
        completion: .list(["original", "strict"]),
        transform: {
            guard let profile = EventProfile(name: $0) else {
                throw ValidationError("There is no profile '\($0)': \(ValidateCommand.profiles).")
            }
            return profile
        }
    )
    var profile = EventProfile.original

    @Option(help: "The form of the report: \(ReportForm.allValueStrings.joined(separator: ", ")).")
    var format = ReportForm.text

    @Option(
        help: """
            How values stand in a file: \(PayloadLayout.allValueStrings.joined(separator: ", ")). By default the ending says \
            it, and where that says nothing the first line.
            """
    )
    var layout: PayloadLayout?

    @Flag(name: .shortAndLong, help: "Print findings only, and nothing about how far the work is.")
    var quiet = false

    @Option(help: "Print what the protocol says of a rule that a finding names, and end.")
    var explain: String?

    func validate() throws {
        if explain == nil, files.isEmpty {
            throw ValidationError("Name files to check, or - for standard input.")
        }
    }

    func run() async throws {
        if let explain { return try RuleExplanation(rule: explain).print() }
        let paths: [String]
        do {
            paths = try FileSelection.files(for: files)
        } catch let failure as FileSelection.NothingFound {
            throw ValidationError(failure.message)
        }
        var run = ValidationRun(
            check: PayloadCheck(kind: kind, profile: profile),
            layout: layout,
            report: format.makeReport(),
            progress: quiet ? nil : ByteProgress()
        )
        do throws(ByteSource.Failure) {
            try run.check(paths)
        } catch {
            throw ValidationError(error.message)
        }
        if !quiet { Terminal.note(run.summary.sentence) }
        if run.summary.findings > 0 { throw ExitCode(1) }
    }
}
