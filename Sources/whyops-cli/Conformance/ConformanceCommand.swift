import ArgumentParser

/// `whyops conformance`
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Judges implementations of the protocol, in any language.",
        discussion: """
            The suite's data and the protocol of testees are described in Conformance/README.md.
            Exit status: 0 fine, 1 findings, 2 misuse.

            Examples:
              whyops conformance list --filter 'event/*'
              whyops conformance run --testee "python3 testee.py"
            """,
        subcommands: [
            ConformanceRunCommand.self, ConformanceListCommand.self, ConformanceLintCommand.self,
            ConformanceFormatCommand.self, ConformanceBlessCommand.self, ConformanceTesteeCommand.self,
        ]
    )
}
