import ArgumentParser
import WhyOpsCommand

/// `whyops traces import`
struct TraceImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take in traces that 'traces export' wrote.",
        discussion: """
            The same as 'whyops events send', with which it shares its exit status: what is there already stays as it is.

            Examples:
              whyops traces import support.ndjson --store sqlite:copy.sqlite
              gunzip -c all.ndjson.gz | whyops traces import - --url http://127.0.0.1:8081
            """
    )

    @Argument(help: "The files; - is standard input.") var files: [String]
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print the counts as one JSON object.") var json = false

    func run() async throws {
        let tally = try await place.with { place in
            var sender = EventSender(place: place, profile: nil)
            for file in files { try await sender.send(file: file) }
            return sender.tally
        }
        Terminal.out(json ? tally.json : tally.text)
        if tally.refused > 0 { throw ExitCode(1) }
    }
}
