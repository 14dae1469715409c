import WhyOps

/// Looks over a store and changes nothing (STO-40 to STO-42).
///
/// Traces are looked at a few at a time, each few in a snapshot of their own, so that no long one keeps a server or a log from
/// being tidied up.
struct StoreCheck {
    /// Traces in one snapshot.
    private static let group = 100

    /// Reads from a snapshot.
    let read: (@Sendable (Database) throws -> StoreCheckPart) async throws -> StoreCheckPart

    func run(into report: inout StoreReport, onProgress: @escaping @Sendable (StoreProgress) -> Void) async throws {
        let whole = try await read { try TenantCheck(database: $0).part() }
        report.add(whole.findings)
        var last: Int64? = 0
        while let key = last {
            let part = try await read { try TraceCheck(database: $0).part(after: key, limit: Self.group) }
            report.add(part.findings)
            report.traces += part.traces
            report.events += part.events
            last = part.last
            onProgress(StoreProgress(done: report.traces, total: max(whole.traces, report.traces)))
        }
        try await checkSums(into: &report)
    }

    /// Day by day, for the same reason; one that is removed or written to between two looks is as sound as before.
    private func checkSums(into report: inout StoreReport) async throws {
        var day: String? = ""
        while let last = day {
            let part = try await read { try SumCheck(database: $0).part(after: last) }
            report.add(part.findings)
            day = part.day
        }
    }
}

/// What one snapshot has shown.
struct StoreCheckPart: Sendable {
    var findings: [StoreFinding] = []
    var traces = 0
    var events = 0
    /// The key of the last trace that was looked at; `nil` at the end.
    var last: Int64?
    /// The day whose sums were looked at; `nil` at the end.
    var day: String?
}

extension Row {
    /// What a column holds, whatever it should: a damaged value is a finding, no mistake of the program.
    func integer(_ index: Int) -> Int64? { Int64(values[index]) }

    func text(_ index: Int) -> String? { String(values[index]) }

    /// A value for a person.
    func shown(_ index: Int) -> String {
        switch values[index] {
        case .null: "nothing"
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let text): "'\(text)'"
        case .blob(let bytes): "\(bytes.count) bytes"
        }
    }
}

/// What does not belong to one trace.
struct TenantCheck {
    let database: Database

    /// Rows without what they belong to, each with its code, the table, the columns that say where, and what is missing.
    private static let orphans: [(code: String, sql: String, message: String)] = [
        (
            "environment.number", "SELECT 'environments', id FROM environments WHERE number IS NULL",
            "the environment has no number"
        ),
        (
            "agent.version",
            """
            SELECT 'agents', a.id FROM agents a WHERE NOT EXISTS (SELECT 1 FROM agent_versions v
            WHERE v.id = a.current_version_id AND v.agent_id = a.id)
            """,
            "the agent's current version is not there"
        ),
        (
            "trace.environment",
            """
            SELECT 'trace_rows', t.key FROM trace_rows t WHERE NOT EXISTS (SELECT 1 FROM environments e
            WHERE e.number = abs(t.environment))
            """,
            "the trace's environment is not there"
        ),
        (
            "event.trace",
            """
            SELECT 'event_rows', r.id FROM event_rows r WHERE NOT EXISTS (SELECT 1 FROM trace_rows t WHERE t.key = r.trace)
            """,
            "the event's trace is not there"
        ),
        (
            "name.trace",
            """
            SELECT 'name_rows', n.trace FROM name_rows n WHERE NOT EXISTS (SELECT 1 FROM trace_rows t WHERE t.key = n.trace)
            """,
            "the name's trace is not there"
        ),
        (
            "span.trace",
            """
            SELECT 'span_rows', s.trace FROM span_rows s WHERE NOT EXISTS (SELECT 1 FROM trace_rows t WHERE t.key = s.trace)
            """,
            "the span's trace is not there"
        ),
        (
            "visit.trace",
            """
            SELECT 'trace_agents', a.trace FROM trace_agents a
            WHERE NOT EXISTS (SELECT 1 FROM trace_rows t WHERE t.key = a.trace)
            """,
            "the trace that an agent was active in is not there"
        ),
    ]

    func part() throws -> StoreCheckPart {
        var part = StoreCheckPart()
        for (code, sql, message) in Self.orphans {
            try database.makeStatement(sql: sql + " LIMIT 1000").forEachRow { row in
                part.findings.append(StoreFinding(code, "\(row.text(0) ?? "") \(row.shown(1))", message))
                return true
            }
        }
        part.traces = Int(
            try Row.fetchOne(database, sql: "SELECT count(*) FROM trace_rows WHERE environment > 0")?.integer(0) ?? 0
        )
        return part
    }
}
