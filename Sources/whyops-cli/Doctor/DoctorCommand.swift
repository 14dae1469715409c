import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says whether everything that 'whyops serve' needs is there.",
        discussion: """
            Give it the flags, variables and file that the service gets. It looks at the settings, the clock, the store, the \
            keys, the ports and the providers, asking each provider for its models, which costs nothing; it changes nothing.

            One check a line: ok, warning or bad, what was looked at, what was found.
            Exit status: 0 nothing is bad, 1 something is, 2 misuse.

            Examples:
              whyops doctor
              OPENAI_API_KEY=sk-... whyops doctor --store sqlite:/var/lib/whyops.sqlite --json
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var proxy: ProxyOptions
    @OptionGroup var ingest: IngestOptions
    @OptionGroup var edge: EdgeOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        var report = DoctorReport(isTold: !json)
        do {
            let setup = try ServiceSetup(common, service: service)
            let proxy = try setup.proxy(proxy, edge)
            let ingest = try setup.ingest(ingest, edge)
            report.add(.ok, "settings", "they can be read and used")
            await DoctorChecks(setup: setup, proxy: proxy, ingest: ingest).run(&report)
        } catch let fault as Settings.Fault {
            report.add(.bad, "settings", fault.description)
        }
        if json { Terminal.out(object: { report.write(to: &$0) }) }
        if report.isBad { throw ExitCode(1) }
    }
}

/// What was looked at, and what was found.
struct DoctorReport {
    enum Verdict: String {
        case ok
        case warning
        case bad
    }

    private var checks: [(verdict: Verdict, name: String, text: String)] = []
    private let isTold: Bool

    /// - Parameter isTold: whether each check is printed when it is done.
    init(isTold: Bool) {
        self.isTold = isTold
    }

    var isBad: Bool { checks.contains { $0.verdict == .bad } }

    mutating func add(_ verdict: Verdict, _ name: String, _ text: String) {
        checks.append((verdict, name, text))
        guard isTold else { return }
        let mark = verdict.rawValue + String(repeating: " ", count: 7 - verdict.rawValue.count)
        Terminal.out(TextTable.coloured(mark, verdict == .bad ? .bad : .plain) + "  " + plain("\(name): \(text)"))
    }

    func write(to writer: inout JSONWriter) {
        writer.member("ok", !isBad)
        writer.name("checks")
        writer.array { writer in
            for check in checks {
                writer.object { writer in
                    writer.member("verdict", check.verdict.rawValue)
                    writer.member("name", check.name)
                    writer.member("text", check.text)
                }
            }
        }
    }
}
