import ArgumentParser

/// `whyops conformance`
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Judges implementations of the protocol, in any language.",
        discussion: """
            The suite's data and the protocol of testees are described in Conformance/README.md.
            Exit status: 0 fine, 1 findings, 2 misuse.
            """,
        subcommands: [
            ConformanceRunCommand.self, ConformanceListCommand.self, ConformanceLintCommand.self,
            ConformanceFormatCommand.self, ConformanceBlessCommand.self, ConformanceTesteeCommand.self,
        ]
    )
}
