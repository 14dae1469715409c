import ArgumentParser
import WhyOps

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

    func validate() throws {
        for (name, text) in [("--since", since), ("--until", until)] {
            guard let text, Timestamp(text) == nil, Timestamp(text + "T00:00:00Z") == nil else { continue }
            throw ValidationError("\(name) must be a date or a time, such as 2026-01-31 or 2026-01-31T09:30:00Z.")
        }
        guard (search?.unicodeScalars.count ?? 0) <= 200 else {
            throw ValidationError("--search has at most 200 characters.")
        }
    }

    /// As a query has it.
    var members: [(name: String, value: String?)] {
        [
            ("agentName", agent), ("externalUserId", user), ("model", model), ("startDate", since), ("endDate", until),
            ("hasErrors", errors ? "true" : nil), ("q", search),
        ]
    }
}
