import ArgumentParser

/// `whyops keys`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Manage the keys in the store.",
        subcommands: [SigningKeysCommand.self]
    )
}
