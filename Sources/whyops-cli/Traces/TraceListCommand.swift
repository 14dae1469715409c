import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops traces list`
struct TraceListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List traces, the last active first.",
        discussion: """
            One trace a line: last activity, trace, agent, model, events, tokens, errors, milliseconds from the first event to \
            the last, external user; columns on a terminal, elsewhere a tab between them and - for what is not known. --json \
            prints what GET /api/threads answers.

            Examples:
              whyops traces list
              whyops traces list --since 2026-01-31 --errors --count 100
              whyops traces list --url http://127.0.0.1:8081 --search refund --json
            """
    )

    @OptionGroup var place: PlaceOptions
    @OptionGroup var filter: TraceFilter
    @OptionGroup var part: PageOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let query = queryText(filter.members + [("count", "\(part.count)"), ("page", "\(part.page)")])
        let answer = try await place.with { try await $0.get("/api/threads" + query) }
        if json { return Terminal.out(String(decoding: answer.slice, as: UTF8.self)) }
        var table = TraceRow.table
        for thread in answer["threads"]?.children ?? [] { TraceRow(thread).add(to: &table) }
        await Terminal.page { table.print() }
        if answer["pagination"]?["hasMore"]?.kind == .true { Terminal.note("There are more: --page \(part.page + 1).") }
        if answer["search"]?["isComplete"]?.kind == .false {
            Terminal.note("The search ended early, after \(answer["search"]?["threads"]?.integer ?? 0) traces.")
        }
    }
}

/// A trace on one line.
struct TraceRow {
    static var table: TextTable {
        TextTable("LAST ACTIVITY", "TRACE", "AGENT", "MODEL", "EVENTS", "TOKENS", "ERRORS", "MS", "USER")
    }

    private let thread: JSONValue

    init(_ thread: JSONValue) { self.thread = thread }

    func add(to table: inout TextTable) {
        let errors = thread["errorCount"]?.integer ?? 0
        table.add(
            .init(thread["lastActivity"]?.string, .faint),
            .init(thread["threadId"]?.string),
            .init(thread["entityName"]?.string),
            .init(thread["model"]?.string),
            .init(number("eventCount")),
            .init(number("totalTokens")),
            .init("\(errors)", errors > 0 ? .bad : .plain),
            .init(number("duration")),
            .init(thread["externalUserId"]?.string)
        )
    }

    /// By itself, for lines that come one by one.
    func print() {
        var table = TextTable()
        add(to: &table)
        table.print()
    }

    private func number(_ name: StaticString) -> String? { thread[name]?.integer.map { "\($0)" } }
}
