import ArgumentParser

/// `whyops agent`
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Hashes and compares agent definitions.",
        discussion: """
            A file holds a definition, the object with `systemPrompt` and `tools`, or a whole registration, the object with \
            `agentName` and `metadata`.

            Examples:
              whyops agent hash agent.json
              whyops agent diff before.json after.json
            """,
        subcommands: [AgentHashCommand.self, AgentDiffCommand.self]
    )
}
