import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops lint-trace`
struct LintTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint-trace",
        abstract: "Says what is wrong with a trace, without asking a model.",
        discussion: """
            The trace is one of a store on this machine (--store), one of a running service (--url, with the API key in \
            WHYOPS_API_KEY or in --key-file), or a file of events (--file, - for standard input): a JSON array, NDJSON, or \
            what GET /api/threads/{traceId} answers with eventInclude=content,metadata.

            One finding a line: severity, code, step, what it means; behind a '|' the trace where a file has several. The \
            codes are those of spec/findings.md.
            Exit status: 0 no findings, 1 findings, 2 misuse or a trace that cannot be read.

            Examples:
              whyops lint-trace 9f2c1e44-7a55-4c3e-8b1f-6f2d35a0c111
              whyops lint-trace checkout-42 --store sqlite:/var/lib/whyops.sqlite --min-severity medium
              WHYOPS_API_KEY=... whyops lint-trace checkout-42 --url http://127.0.0.1:8081
              whyops lint-trace --file events.ndjson --json
            """
    )

    @Argument(help: "The trace; none with --file.")
    var trace: String?

    @Option(help: "A file of events, - for standard input.", completion: .file())
    var file: String?

    @Option(help: "The address of an ingest service, such as http://127.0.0.1:8081.")
    var url: String?

    @Option(help: "A file with the API key for --url. [default: the variable WHYOPS_API_KEY]", completion: .file())
    var keyFile: String?

    @Option(
        help: "Tell nothing that is less: low, medium, high or critical.",
        completion: .list(["low", "medium", "high", "critical"])
    )
    var minSeverity = "low"

    @Flag(help: "Print the analysis as one JSON object a line for each trace.")
    var json = false

    @OptionGroup var common: CommonOptions
    @OptionGroup var environment: EnvironmentOptions

    func run() async throws {
        guard let least = FindingSeverity(name: minSeverity) else {
            throw Settings.Fault(description: "--min-severity must be low, medium, high or critical.")
        }
        let analyses: [TraceReport]
        switch (trace, file) {
        case (nil, nil): throw Settings.Fault(description: "Name a trace, or a file of events by --file.")
        case (.some, .some): throw Settings.Fault(description: "A trace or --file, not both.")
        case (nil, let file?):
            guard url == nil, keyFile == nil else {
                throw Settings.Fault(description: "--url and --key-file are for a trace, not for --file.")
            }
            analyses = try EventFile(file).reports(atLeast: least)
        case (let trace?, nil):
            if let url {
                let key = try RemoteService.key(file: keyFile, try Settings(file: common.config))
                let service = try RemoteService(address: url, key: key)
                analyses = [try await RemoteTrace(service: service).report(of: trace, atLeast: least)]
            } else {
                guard keyFile == nil else { throw Settings.Fault(description: "--key-file is for --url.") }
                analyses = [try await stored(trace, least)]
            }
        }
        for analysis in analyses { tell(analysis, isOneOfSeveral: analyses.count > 1) }
        if analyses.contains(where: { !$0.findings.isEmpty }) { throw ExitCode(1) }
    }

    private func stored(_ trace: String, _ least: FindingSeverity) async throws -> TraceReport {
        do {
            return try await withStore(common) { store, _ in
                let tenant = try await environment.tenant(in: store)
                guard let findings = try await store.findings(of: trace, tenant: tenant) else {
                    throw Settings.Fault(description: "There is no trace '\(trace)' in \(environment.name.text).")
                }
                return TraceReport(findings, of: trace, atLeast: least)
            }
        } catch let failure as CommandFailure {
            // FND-32: 1 says that there are findings.
            throw Settings.Fault(description: failure.description)
        }
    }

    private func tell(_ report: TraceReport, isOneOfSeveral: Bool) {
        if json {
            Terminal.out(report.json)
            return
        }
        for line in report.lines {
            Terminal.out(isOneOfSeveral ? "\(line)  | \(plain(report.traceId))" : line)
        }
        if !report.isComplete {
            Terminal.note("Only the first \(report.eventCount) events were looked at.")
        }
        if report.findings.count < report.findingCount {
            Terminal.note("\(report.findingCount) findings in all; \(report.findings.count) are told.")
        }
    }
}
