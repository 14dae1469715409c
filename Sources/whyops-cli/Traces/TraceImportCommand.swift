import ArgumentParser

/// `whyops traces import`
struct TraceImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take in traces that 'traces export' wrote.",
        discussion: """
            The same as 'whyops events send', with which it shares its exit status: what is there already, by its idempotency \
            key, stays as it is. Events that never had a key cannot be told from others in the store that they came from, and \
            are refused there: their steps are taken.

            Examples:
              whyops traces import support.ndjson --store sqlite:copy.sqlite
              gunzip -c all.ndjson.gz | whyops traces import - --url http://127.0.0.1:8081
            """
    )

    @Argument(help: "The files; - is standard input.") var files: [String]
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print the counts as one JSON object.") var json = false

    func run() async throws {
        try await EventSender.run(files, profile: nil, place, json: json)
    }
}
