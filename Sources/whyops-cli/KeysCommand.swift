import ArgumentParser

/// `whyops keys`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Keys that let clients in, and keys that sign replies.",
        subcommands: [CreateKeyCommand.self, ListKeysCommand.self, RevokeKeyCommand.self, SigningKeysCommand.self]
    )
}
