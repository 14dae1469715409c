import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops store`
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Copies of a store, and whether it is sound.",
        discussion: """
            Examples:
              whyops store backup whyops-monday.sqlite --store sqlite:/var/lib/whyops/whyops.sqlite
              whyops store check --json
              whyops store restore whyops-monday.sqlite --store sqlite:/var/lib/whyops/whyops.sqlite --force
            """,
        subcommands: [Backup.self, Restore.self, Check.self]
    )

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the store into a file, while services write to it.",
            discussion: """
                The copy is the store at one moment after the command began, so everything that was acknowledged before is in \
                it. It is looked over as 'whyops store check' does, synced, and only then gets its name. It holds \
                conversations and keys as the store does: only its owner can read it. Secrets in it open with the same \
                WHYOPS_ENCRYPTION_KEY. What waits in the spool of a proxy is not in it.

                Exit status: 0 the copy is there, 1 the store is damaged, 2 misuse or a copy that could not be made.

                Example:
                  whyops store backup /backup/whyops-$(date +%F).sqlite --store sqlite:/var/lib/whyops/whyops.sqlite
                """
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The file of the copy.", completion: .file()) var file: String
        @Flag(help: "Replace the file if it is there.") var force = false

        func run() async throws {
            let line = StoreProgressLine()
            let report = try await ServiceSetup(common).backUp(to: file, isForced: force) { line.show($0) }
            line.end()
            guard report.isSound else {
                StoreCommand.tell(report)
                throw CommandFailure("The store is damaged, so '\(file)' was not written.")
            }
            Terminal.out("'\(file)' holds \(StoreCommand.counts(report)).")
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a copy in the place of the store.",
            discussion: """
                The copy is looked over first. Nothing may have the store open: stop the services. A store that holds data is \
                replaced with --force alone; what it held is lost then. However the command ends, the store is the old one or \
                the copy. One of an earlier version is brought up to date when a service opens it.

                Exit status: 0 the copy is in place, 1 the copy is damaged, 2 misuse or a store that cannot be replaced.

                Example:
                  whyops store restore /backup/whyops-2026-11-22.sqlite --store sqlite:/var/lib/whyops/whyops.sqlite
                """
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The copy.", completion: .file()) var file: String
        @Flag(help: "Give up what the store holds.") var force = false

        func run() async throws {
            let line = StoreProgressLine()
            let report = try await ServiceSetup(common).restore(file, isForced: force) { line.show($0) }
            line.end()
            guard report.isSound else {
                StoreCommand.tell(report)
                throw CommandFailure("'\(file)' is damaged; the store is as it was.")
            }
            Terminal.out("The store holds \(StoreCommand.counts(report)).")
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a store is sound, and change nothing in it.",
            discussion: """
                The engine's own checks, references between rows, and whether every trace is what its events make it. \
                Services may go on meanwhile.

                Exit status: 0 sound, 1 findings, 2 misuse or a store that cannot be read.

                Examples:
                  whyops store check --store sqlite:/var/lib/whyops/whyops.sqlite
                  WHYOPS_STORE=postgres://whyops@db.internal/whyops whyops store check --json
                """
        )
        @OptionGroup var common: CommonOptions
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let line = StoreProgressLine()
            let report = try await ServiceSetup(common).check { line.show($0) }
            line.end()
            if json {
                StoreCommand.print(report)
            } else {
                StoreCommand.tell(report)
                if report.isSound { Terminal.out("sound: \(StoreCommand.counts(report))") }
            }
            if !report.isSound { throw ExitCode(1) }
        }
    }

    fileprivate static func counts(_ report: StoreReport) -> String {
        let version = report.isCurrent ? "" : " (of the earlier version \(report.version), not looked at one by one)"
        let traces = report.traces == 1 ? "1 trace" : "\(report.traces) traces"
        return "\(traces), \(report.events == 1 ? "1 event" : "\(report.events) events")\(version)"
    }

    fileprivate static func tell(_ report: StoreReport) {
        for finding in report.findings { Terminal.out("\(finding.code)  \(finding.place)  \(finding.message)") }
        if report.findings.count < report.findingCount {
            Terminal.note("\(report.findingCount) findings in all; \(report.findings.count) are told.")
        }
    }

    fileprivate static func print(_ report: StoreReport) {
        Terminal.out(object: { writer in
            writer.member("sound", report.isSound)
            writer.member("engine", report.engine)
            writer.member("version", report.version)
            writer.member("isCurrent", report.isCurrent)
            writer.member("traces", report.traces)
            writer.member("events", report.events)
            writer.member("findingCount", report.findingCount)
            writer.name("findings")
            writer.array { writer in
                for finding in report.findings {
                    writer.object {
                        $0.member("code", finding.code)
                        $0.member("place", finding.place)
                        $0.member("message", finding.message)
                    }
                }
            }
        })
    }
}
