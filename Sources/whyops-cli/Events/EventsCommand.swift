import ArgumentParser
import WhyOpsCommand

/// `whyops events`
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Sends events to a store or a service.",
        discussion: """
            Examples:
              whyops events send events.ndjson
              tail -f agent.log | whyops events send - --url http://127.0.0.1:8081
            """,
        subcommands: [EventSendCommand.self]
    )
}

/// `whyops events send`
struct EventSendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send the events of files: JSON, arrays or NDJSON.",
        discussion: """
            Every event is stored or refused by itself; of those that are refused the file, the line, the rule and the fault \
            are told. An event with an idempotency key that is known already is not stored again.
            Exit status: 0 all were stored or known, 1 some were refused, 2 misuse.

            Examples:
              whyops events send events.ndjson
              whyops events send --url http://127.0.0.1:8081 --profile strict a.json b.ndjson
              generate-events | whyops events send -
            """
    )

    @Argument(help: "The files; - is standard input.", completion: .file()) var files: [String]
    @Option(
        help: "What is checked: original or strict. [default: original]",
        completion: .list(["original", "strict"])
    ) var profile: String?
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print the counts as one JSON object.") var json = false

    func run() async throws {
        try await EventSender.run(files, profile: profile, place, json: json)
    }
}
