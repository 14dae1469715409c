import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops keys signing`
struct SigningKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signing",
        abstract: "The keys that sign replies: one signs, all of them verify.",
        discussion: """
            A new key verifies at once and signs after a minute, when every running proxy knows it. Retire an old key \
            when no conversation that it signed is going on any more: its signatures then prove nothing.

            Where the proxies run with WHYOPS_ENCRYPTION_KEY or WHYOPS_SIGNING_KEY, set them for these commands too. A \
            key of WHYOPS_SIGNING_KEY signs in the default environment instead of the store's, which then verify.

            Examples:
              whyops keys signing list
              whyops keys signing rotate
              whyops keys signing retire 0
            """,
        subcommands: [List.self, Rotate.self, Retire.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the signing keys, without their bytes.",
            discussion: """
                Example:
                  whyops keys signing list
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions

        func run() async throws {
            try await withStore(common) { store, setup in
                let given = environment.name == .home ? try setup.signingKeys() : []
                for (index, key) in given.enumerated() {
                    Terminal.out("\(key.id)  \(index == 0 ? "signs" : "verifies")  WHYOPS_SIGNING_KEY")
                }
                for key in try await store.signingKeyRecords(in: environment.name) {
                    let state =
                        !key.opens ? "closed" : key.isActive && given.isEmpty ? "signs" : "verifies"
                    Terminal.out("\(key.id)  \(state)  \(key.createdAt)\(Self.remark(key))")
                }
            }
        }

        private static func remark(_ key: SigningKeyRecord) -> String {
            switch (key.isSealed, key.opens) {
            case (true, true): "  sealed"
            case (true, false): "  sealed with another WHYOPS_ENCRYPTION_KEY than is set here"
            case (false, true): ""
            case (false, false): "  not sealed; a proxy that starts with this WHYOPS_ENCRYPTION_KEY seals it"
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key that takes over after a minute.",
            discussion: """
                Example:
                  whyops keys signing rotate --project shop
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions

        func run() async throws {
            try await withStore(common) { store, setup in
                let given = environment.name == .home ? try setup.signingKeys() : []
                let id = try await store.rotateSigningKey(in: environment.name, reserved: Set(given.map(\.id)))
                Terminal.out("Signing key \(id) was made.")
                if !given.isEmpty { Terminal.note("It verifies only, as long as WHYOPS_SIGNING_KEY is set.") }
            }
        }
    }

    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a key, so that what it signed is not believed.",
            discussion: """
                Example:
                  whyops keys signing retire 0
                """
        )
        @OptionGroup var common: CommonOptions
        @OptionGroup var environment: EnvironmentOptions
        @Argument(help: "The number of the key, 0 to 15.") var id: UInt8
        @Flag(help: "The key does not open, and the WHYOPS_ENCRYPTION_KEY that it was sealed with is lost.")
        var lost = false

        func run() async throws {
            try await withStore(common) { store, _ in
                try await store.retireSigningKey(id, in: environment.name, isLost: lost)
                Terminal.out("Signing key \(id) was retired.")
            }
        }
    }
}
