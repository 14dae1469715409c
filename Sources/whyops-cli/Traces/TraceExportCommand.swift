import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops traces export`
struct TraceExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the events of traces, to be kept, imported elsewhere or sent to other tools.",
        discussion: """
            --format says how, on standard output:
              ndjson         one event a line, each as POST /api/events takes it: content and metadata are the bytes that \
            are stored. An event without an idempotency key gets its id for one, so that it is imported once.
              otlp           spans of OpenTelemetry in OTLP/JSON, a request a line; attributes of its conventions for \
            generative AI (semantic-conventions-genai@024a4f9).
              openinference  the same with the attributes of OpenInference (openinference@1fe497f1d), as Arize Phoenix reads them.
              both           the same with both.
              openai         conversations as messages of OpenAI, one a line.
              anthropic      conversations as messages of Anthropic, one a line.
            --to sends spans to a receiver instead, and tries again where it says that it has no room. The mapping is in \
            spec/interop.md.
            Exit status: 0 all went, 1 the receiver refused some, 2 misuse.

            Examples:
              whyops traces export 9f2c1e44-7a55-4c3e-8b1f-6f2d35a0c111 > trace.ndjson
              whyops traces export --agent support --since 2026-01-31 > support.ndjson
              whyops traces export --all --url http://127.0.0.1:8081 | gzip > all.ndjson.gz
              whyops traces export --all --format openinference --to http://127.0.0.1:6006 --service support
              whyops traces export --all --to https://otlp.example.com --header-from-file headers.txt --gzip
              whyops traces export --agent support --format openai > conversations.jsonl
            """
    )

    @Argument(help: "The traces; none with --all or a filter.") var traces: [String] = []
    @Flag(help: "All traces of the environment.") var all = false
    @Option(
        help: """
            ndjson, otlp, openinference, both, openai or anthropic. [default: ndjson, with --to otlp]
            """
    )
    var format: ExportFormat?
    @OptionGroup var collector: CollectorOptions
    @OptionGroup var spans: SpanOptions
    @OptionGroup var filter: TraceFilter
    @OptionGroup var place: PlaceOptions

    private var isFiltered: Bool { filter.members.contains { $0.value != nil } }
    private var chosenFormat: ExportFormat { format ?? (collector.to == nil ? .ndjson : .otlp) }

    func validate() throws {
        let ways = [!traces.isEmpty, all, isFiltered].filter(\.self).count
        guard ways == 1 else {
            throw ValidationError("Name traces, or choose them by --all or a filter such as --agent.")
        }
        let isSpans = chosenFormat.conventions != nil
        if collector.to != nil, !isSpans {
            throw ValidationError("--to sends spans: --format must be otlp, openinference or both.")
        }
        if collector.to == nil, collector.isSet {
            throw ValidationError("--encoding, --gzip, --timeout and --header-from-file are for --to.")
        }
        if spans.isSet, !isSpans {
            throw ValidationError("--exact, --without-content, --with-users and --service are for spans.")
        }
        if spans.exact, spans.withoutContent { throw ValidationError("--exact is with content.") }
        if spans.service.isEmpty { throw ValidationError("--service must not be empty.") }
    }

    func run() async throws {
        // What is wrong with the receiver is said before anything is read.
        let address = try collector.to.map { try collector.address($0) }
        let headers = address == nil ? [] : try collector.headers(Settings(file: place.common.config))
        // A service says it of none of its keys.
        let environment = place.url == nil ? place.environment.environment : nil
        try await place.with { place in
            let wanted = traces.isEmpty ? try await chosen(place) : traces
            let export = TraceExporter(place: place, traces: wanted, environment: environment)
            if let conventions = chosenFormat.conventions {
                let options = spans.options(conventions)
                if let address {
                    try await export.send(options, service: spans.service) { resource in
                        SpanSender(collector, to: address, headers: headers, resource: resource, options: options)
                    }
                } else {
                    try await export.write(options, service: spans.service)
                }
            } else if let form = chosenFormat.conversation {
                try await export.write(form)
            } else {
                try await export.writeEvents()
            }
        }
    }

    /// The traces' ids. A trace that goes on meanwhile moves to the first page, where it may have been overlooked: the list is
    /// read until it has nothing new.
    private func chosen(_ place: any IngestPlace) async throws -> [String] {
        var ids: [String] = []
        var seen: Set<[UInt8]> = []
        var known = -1
        while known < ids.count {
            known = ids.count
            var page = 1
            while true {
                let query = queryText(filter.members + [("count", "100"), ("page", "\(page)")])
                let answer = try await place.get("/api/threads" + query)
                if answer["search"]?["isComplete"]?.kind == .false {
                    throw CommandFailure(
                        "The search ended before it had seen all traces: choose fewer by --agent, --since or --until."
                    )
                }
                let found = answer["threads"]?.children.compactMap { $0["threadId"]?.string } ?? []
                ids += found.filter { seen.insert(Array($0.utf8)).inserted }
                guard answer["pagination"]?["hasMore"]?.kind == .true else { break }
                page += 1
            }
        }
        return ids
    }
}
