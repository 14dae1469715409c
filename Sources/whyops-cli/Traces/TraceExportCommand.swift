import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops traces export`
struct TraceExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the events of traces, to be kept or imported elsewhere.",
        discussion: """
            NDJSON on standard output, one event a line, each as POST /api/events takes it: content and metadata are the bytes \
            that are stored. An event without an idempotency key gets its id for one, so that it is imported once.

            Examples:
              whyops traces export 9f2c1e44-7a55-4c3e-8b1f-6f2d35a0c111 > trace.ndjson
              whyops traces export --agent support --since 2026-01-31 > support.ndjson
              whyops traces export --all --url http://127.0.0.1:8081 | gzip > all.ndjson.gz
            """
    )

    @Argument(help: "The traces; none with --all or a filter.") var traces: [String] = []
    @Flag(help: "All traces of the environment.") var all = false
    @OptionGroup var filter: TraceFilter
    @OptionGroup var place: PlaceOptions

    private var isFiltered: Bool { filter.members.contains { $0.value != nil } }

    func validate() throws {
        let ways = [!traces.isEmpty, all, isFiltered].filter(\.self).count
        guard ways == 1 else {
            throw ValidationError("Name traces, or choose them by --all or a filter such as --agent.")
        }
    }

    func run() async throws {
        try await place.with { place in
            var count = 0
            let wanted = traces.isEmpty ? try await chosen(place) : traces
            for trace in wanted {
                try await TraceEvents(place: place, id: trace).forEachPage(include: "content,metadata") { page in
                    for event in page["events"]?.children ?? [] {
                        Terminal.out(bytes: Self.line(of: event, in: page))
                        count += 1
                    }
                }
            }
            let traces = wanted.count == 1 ? "1 trace" : "\(wanted.count) traces"
            Terminal.note("\(count == 1 ? "1 event" : "\(count) events") of \(traces).")
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

    /// An event as it can be sent again.
    static func line(of event: JSONValue, in thread: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("eventType", event["eventType"]?.string)
            writer.member("traceId", thread["threadId"]?.string)
            writer.member("spanId", event["spanId"]?.string)
            writer.member("stepId", event["stepId"]?.integer)
            writer.member("parentStepId", event["parentStepId"]?.integer)
            writer.member("agentName", event["agentName"]?.string)
            writer.member("externalUserId", event["externalUserId"]?.string)
            writer.member("providerId", thread["providerId"]?.string)
            writer.member("timestamp", event["timestamp"]?.string)
            writer.member("idempotencyKey", event["idempotencyKey"]?.string ?? event["id"]?.string)
            writer.member("content", raw: event["content"].map { oneLine($0) })
            writer.member("metadata", raw: event["metadata"].map { oneLine($0) })
        }
        return writer.bytes + [0x0A]
    }

    /// A value's bytes without the line breaks between its tokens; in its strings there are none.
    private static func oneLine(_ value: JSONValue) -> [UInt8] {
        value.slice.filter { $0 != 0x0A && $0 != 0x0D }
    }
}
