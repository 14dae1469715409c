import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops traces show`
struct TraceShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one trace: what its agent did, step by step.",
        discussion: """
            A line for each event: step, step that it follows, milliseconds since the trace began, type, what it says. --full \
            prints texts whole, on lines of their own; --json what GET /api/threads/{traceId} answers, with contents.

            Examples:
              whyops traces show 9f2c1e44-7a55-4c3e-8b1f-6f2d35a0c111
              whyops traces show checkout-42 --full
              whyops traces show checkout-42 --json --limit 100 --offset 100
            """
    )

    @Argument(help: "The trace.") var trace: String
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print texts whole.") var full = false
    @Option(help: "With --json: events at most, 1 to 1000.") var limit = TraceEvents.pageSize
    @Option(help: "With --json: events to leave out, from the first.") var offset = 0
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (1...TraceEvents.pageSize).contains(limit) else { throw ValidationError("--limit must be 1 to 1000.") }
        guard (0...1_000_000_000).contains(offset) else { throw ValidationError("--offset must be 0 or more.") }
        if json, full { throw ValidationError("--full is for people; --json is whole always.") }
    }

    func run() async throws {
        try await place.with { place in
            let events = TraceEvents(place: place, id: trace)
            if json {
                let page = try await events.page(offset: offset, limit: limit, include: "content,metadata")
                return Terminal.out(String(decoding: page.slice, as: UTF8.self))
            }
            let first = try await events.page(offset: 0, limit: 1, include: nil)
            try await Terminal.page {
                Terminal.out(head(first))
                try await events.forEachPage(include: "metadata", view: true) { page in
                    for event in page["events"]?.children ?? [] {
                        for line in EventLine(event, isFull: full).lines { Terminal.out(line) }
                    }
                }
            }
        }
    }

    private func head(_ thread: JSONValue) -> String {
        let (events, errors) = (thread["eventCount"]?.integer ?? 0, thread["errorCount"]?.integer ?? 0)
        var parts = [
            "trace \(thread["threadId"]?.string ?? "?")", "agent \(thread["entityName"]?.string ?? "?")",
            events == 1 ? "1 event" : "\(events) events", "\(thread["totalTokens"]?.integer ?? 0) tokens",
            "\(thread["duration"]?.integer ?? 0) ms", errors == 1 ? "1 error" : "\(errors) errors",
        ]
        if let cost = thread["totalCost"], cost.kind == .number {
            parts.append("$" + String(decoding: cost.slice, as: UTF8.self))
        }
        if let user = thread["externalUserId"]?.string { parts.append("user \(user)") }
        return plain(parts.joined(separator: "  "))
    }
}
