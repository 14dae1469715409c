import ArgumentParser
import WhyOpsCommand
import WhyOpsStore

/// `whyops keys`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Manage the keys in the store.",
        subcommands: [SigningKeysCommand.self]
    )
}

/// `whyops keys signing`
struct SigningKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signing",
        abstract: "The keys that sign replies: one signs, all of them verify.",
        discussion: """
            A new key verifies at once and signs after a minute, when every running proxy knows it. Retire an old key \
            when no conversation that it signed is going on any more: its signatures then prove nothing.
            """,
        subcommands: [List.self, Rotate.self, Retire.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the signing keys, without their bytes.")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await withStore(common) { store in
                for key in try await store.signingKeyRecords() {
                    let state = key.isActive ? "signs" : "verifies"
                    Terminal.out("\(key.id)  \(state)  \(key.createdAt)\(key.isSealed ? "  sealed" : "")")
                }
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a new key that takes over after a minute.")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await withStore(common) { store in
                Terminal.out("Signing key \(try await store.rotateSigningKey()) was made.")
            }
        }
    }

    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a key, so that what it signed is not believed."
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The number of the key, 0 to 15.") var id: UInt8

        func run() async throws {
            try await withStore(common) { store in
                try await store.retireSigningKey(id)
                Terminal.out("Signing key \(id) was retired.")
            }
        }
    }
}

/// Does something with the store and closes it; what the store refuses is said in its own words.
private func withStore(_ options: CommonOptions, _ body: (SQLiteStore) async throws -> Void) async throws {
    let store = try await ServiceSetup(options).openExistingStore()
    do {
        try await body(store)
    } catch let error as StoreError {
        try? await store.close()
        throw CommandFailure(error.message)
    }
    try await store.close()
}
