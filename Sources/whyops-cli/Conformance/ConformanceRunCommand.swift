import ArgumentParser
import FoundationEssentials
import WhyOpsCommand
import WhyOpsConformance

/// `whyops conformance run`
struct ConformanceRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the suite against a testee, or against a running service.",
        discussion: """
            Examples:
              whyops conformance run --testee "python3 testee.py"
              whyops conformance run --testee "python3 testee.py" --class codec --report report.json
              whyops conformance run --class ingest --url http://127.0.0.1:8081 --key KEY
            """
    )

    @OptionGroup var suite: SuiteOptions

    @Option(help: "The command that starts the testee, run by a shell. (default: the Swift core in this program)")
    var testee: String?

    @Option(help: "A list of cases that are known to fail.")
    var expectedFailures: String?

    @Option(help: "Write the report as JSON to this file.", completion: .file())
    var report: String?

    @Option(help: "Write the report as JUnit XML to this file.", completion: .file())
    var junit: String?

    @Option(help: "Write the report as Markdown to this file.", completion: .file())
    var markdown: String?

    @Option(help: "So many testees side by side.")
    var jobs = 1

    @Option(help: "Seconds that a testee may say nothing while it owes an answer.")
    var timeout = 5.0

    @Flag(help: "Cut every stream at every place.")
    var thorough = false

    @Option(help: "The service to ask, such as http://127.0.0.1:8081 (with --class ingest or proxy).")
    var url: String?

    @Option(help: "The key for the service.")
    var key: String?

    @Option(help: "The port of this machine that the proxy has for its providers' (with --class proxy).")
    var upstreamPort: Int?

    func validate() throws {
        let isNetwork = suite.classes == [.ingest] || suite.classes == [.proxy]
        guard isNetwork == (url != nil), isNetwork == (key != nil),
            isNetwork || !suite.classes.contains(where: \.isNetwork)
        else {
            throw ValidationError("--class ingest or --class proxy, --url and --key belong together.")
        }
        guard (suite.classes == [.proxy]) == (upstreamPort != nil), (1...65535).contains(upstreamPort ?? 1) else {
            throw ValidationError("--class proxy and --upstream-port, 1 to 65535, belong together.")
        }
        guard jobs >= 1, jobs <= 64 else { throw ValidationError("--jobs is 1 to 64.") }
        guard timeout >= 0.05, timeout <= 3600 else { throw ValidationError("--timeout is 0.05 to 3600 seconds.") }
    }

    func run() async throws {
        let vectors = try suite.load()
        let expected = try expectedFailures.map(Self.readExpected) ?? ExpectedFailures()
        if let fault = expected.unmatched(in: vectors.cases.map(\.id)) {
            throw ValidationError("\(expectedFailures ?? ""): \(fault)")
        }
        let start = ContinuousClock.now
        let version = try suite.specVersion
        var outcome: ConformanceRunner.Outcome
        if let url, let key {
            outcome = ConformanceRunner.Outcome()
            let cases = try suite.cases(of: vectors)
            if let upstreamPort {
                let target = ProxyTarget(url: url, key: key, upstreamPort: upstreamPort)
                outcome.results = try await target.results(cases)
            } else {
                outcome.results = await IngestTarget(url: url, key: key).results(cases)
            }
        } else {
            outcome = try await runTestee(vectors)
        }
        outcome.results = expected.applied(to: outcome.results)
        let report = ConformanceReport(
            suite: vectors.version,
            spec: suite.spec,
            introduction: outcome.introduction,
            results: outcome.results,
            totals: vectors.cases.filter { $0.belongs(to: version) },
            milliseconds: Int((ContinuousClock.now - start) / .milliseconds(1))
        )
        try write(report)
        Self.tell(report)
        let findings = report.results.count { $0.status.isFinding }
        if findings > 0 { throw CommandFailure("\(findings) of \(report.results.count) cases are findings.") }
    }

    private func runTestee(_ vectors: VectorSuite) async throws -> ConformanceRunner.Outcome {
        let cases = try suite.cases(of: vectors)
        // A testee that died is told by what it no longer says.
        ignoreBrokenPipes()
        let launcher: any TesteeLauncher = testee.map { ProcessLauncher(command: $0) } ?? CoreLauncher()
        let runner = ConformanceRunner(
            launcher,
            suite: vectors.version,
            spec: try suite.specVersion,
            patience: .seconds(timeout),
            cuts: thorough ? .every : .some
        )
        let progress = ProgressLine(total: cases.count)
        defer { progress.clear() }
        return await runner.run(cases, jobs: jobs) { progress.advance(by: $0) }
    }

    private static func readExpected(_ path: String) throws -> ExpectedFailures {
        do {
            return try ExpectedFailures(VectorSuite.text(URL(filePath: path)))
        } catch {
            throw ValidationError("\(path): \(error)")
        }
    }

    private func write(_ result: ConformanceReport) throws {
        let files: [(String?, [UInt8])] = [
            (report, result.json), (junit, Array(result.junit.utf8)), (markdown, Array(result.markdown.utf8)),
        ]
        for case (let path?, let bytes) in files {
            do {
                try Data(bytes).write(to: URL(filePath: path))
            } catch {
                throw ValidationError("cannot write \(path): \(fileFault(error))")
            }
        }
    }

    /// What did not pass, then the classes, then the figures.
    private static func tell(_ report: ConformanceReport) {
        let findings = report.results.filter { $0.status.isFinding }
        for result in findings.prefix(50) {
            Terminal.out("\(result.status.rawValue)  \(result.id)  \(result.detail ?? "")")
        }
        if findings.count > 50 { Terminal.out("... and \(findings.count - 50) more") }
        for summary in report.classes {
            Terminal.out(
                "\(summary.name.rawValue): \(summary.verdict.rawValue), \(summary.required.passed)/"
                    + "\(summary.required.total) required, \(summary.optional.passed)/\(summary.optional.total) optional"
            )
        }
        let counts = CaseResult.Status.allCases.filter { report.count($0) > 0 }
            .map { "\(report.count($0)) \($0.rawValue)" }.joined(separator: ", ")
        Terminal.out("\(report.implementation), suite \(report.suite): \(counts), \(report.milliseconds) ms")
    }
}
