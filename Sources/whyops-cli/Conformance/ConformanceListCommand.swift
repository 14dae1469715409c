import ArgumentParser
import WhyOpsCommand
import WhyOpsConformance

/// `whyops conformance list`
struct ConformanceListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists cases with the rules that they are about.",
        discussion: """
            Example:
              whyops conformance list --filter 'event/*'
            """
    )

    @OptionGroup var suite: SuiteOptions

    func run() throws {
        for subject in try suite.cases(of: suite.load()) {
            let features = subject.features.isEmpty ? "" : " [" + subject.features.sorted().joined(separator: " ") + "]"
            Terminal.out("\(subject.id)\t\(subject.requirements.joined(separator: " "))\(features)")
        }
    }
}
