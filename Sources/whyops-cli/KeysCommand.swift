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
              whyops keys rotate ci --keep 24h
              whyops keys revoke ci
              whyops keys signing rotate
              whyops keys reseal --old-key file:old.key
            """,
        subcommands: [
            CreateKeyCommand.self, ListKeysCommand.self, RotateKeyCommand.self, RevokeKeyCommand.self,
            SigningKeysCommand.self, ResealCommand.self,
        ]
    )
}
