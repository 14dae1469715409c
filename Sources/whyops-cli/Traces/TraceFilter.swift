import ArgumentParser

/// Which traces a command is about.
struct TraceFilter: ParsableArguments {
    @Option(help: "Of this agent.")
    var agent: String?

    @Option(help: "Of this external user.")
    var user: String?

    @Option(help: "Whose newest model is this one.")
    var model: String?

    @Option(help: "Last active at this moment or later: 2026-01-31 or 2026-01-31T09:30:00Z.")
    var since: String?

    @Option(help: "Last active at this moment or earlier; a day counts to its end.")
    var until: String?

    @Flag(help: "With errors only.")
    var errors = false

    @Option(help: "With this text in an event, at most 200 characters.")
    var search: String?

    /// As a query has it.
    var members: [(name: String, value: String?)] {
        [
            ("agentName", agent), ("externalUserId", user), ("model", model), ("startDate", since), ("endDate", until),
            ("hasErrors", errors ? "true" : nil), ("q", search),
        ]
    }
}
