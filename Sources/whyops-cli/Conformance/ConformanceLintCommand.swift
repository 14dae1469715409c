import ArgumentParser
import WhyOpsCommand
import WhyOpsConformance

/// `whyops conformance lint`
struct ConformanceLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Checks the suite's data: form, ids, rules without a case, generated files.",
        discussion: """
            Example:
              whyops conformance lint
            """
    )

    @OptionGroup var folder: FolderOptions

    func run() throws {
        let suite = try folder.load()
        let findings = try folder.reading { try SuiteLint(suite, spec: $0).findings() }
        for finding in findings { Terminal.out(finding) }
        guard findings.isEmpty else { throw CommandFailure("\(findings.count) findings") }
        Terminal.out("conformance: clean, \(suite.files.count) files, \(suite.cases.count) cases")
    }
}
