import ArgumentParser
import WhyOpsCommand

/// `whyops`
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whyops",
        abstract: "Stitches an agent's stateless model calls into one trace.",
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, DemoCommand.self, AgentCommand.self, KeysCommand.self, ProjectsCommand.self,
            ProvidersCommand.self, ConformanceCommand.self,
        ]
    )
}
