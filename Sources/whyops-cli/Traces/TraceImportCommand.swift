import ArgumentParser

/// `whyops traces import`
struct TraceImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take in traces that 'traces export' wrote, or spans of other tools.",
        discussion: """
            Lines of events, and requests of OTLP in JSON with the attributes of OpenTelemetry's conventions for generative AI \
            or of OpenInference; --format otlp or openinference takes only these, ndjson only events, and otlp-protobuf one \
            request in Protocol Buffers a file, as OTLP/HTTP has it (application/x-protobuf). Of spans those are \
            taken that are about models and tools (spec/interop.md); a file of spans is read whole before anything is stored.
            Otherwise the same as 'whyops events send', with which it shares its exit status: what is there already, by its idempotency \
            key, stays as it is. Events that never had a key cannot be told from others in the store that they came from, and \
            are refused there: their steps are taken.

            Examples:
              whyops traces import support.ndjson
              whyops traces import spans.json --format otlp
              whyops traces import body.bin --format otlp-protobuf
              gunzip -c all.ndjson.gz | whyops traces import - --url http://127.0.0.1:8081
            """
    )

    @Argument(help: "The files; - is standard input.", completion: .file()) var files: [String]
    @Option(help: "auto, ndjson, otlp, openinference or otlp-protobuf.") var format = ImportFormat.auto
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print the counts as one JSON object.") var json = false

    func run() async throws {
        try await EventSender.run(files, profile: nil, place, json: json, format: format)
    }
}

/// What `whyops traces import` reads.
enum ImportFormat: String, CaseIterable, ExpressibleByArgument {
    /// Each value says itself what it is.
    case auto
    /// Events alone.
    case ndjson
    /// Spans alone; whose attributes they have they say themselves.
    case otlp, openinference
    /// Spans alone, in a form that cannot be told from text for certain.
    case protobuf = "otlp-protobuf"
}
