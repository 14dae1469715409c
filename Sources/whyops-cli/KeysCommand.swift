import ArgumentParser

/// `whyops keys`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Keys that let clients in, and keys that sign replies.",
        discussion: """
            Examples:
              whyops keys create --name ci
              whyops keys list
              whyops keys revoke ci
              whyops keys signing rotate
            """,
        subcommands: [CreateKeyCommand.self, ListKeysCommand.self, RevokeKeyCommand.self, SigningKeysCommand.self]
    )
}
