import WhyOps

/// Whether traces are what their events make them (STO-41).
struct TraceCheck {
    /// Figures of a trace's row that follow from its events, by their columns below.
    private static let figures: [(code: String, column: String)] = [
        ("trace.event-count", "event_count"), ("trace.total-tokens", "total_tokens"),
        ("trace.error-count", "error_count"), ("trace.times", "first_event_at"), ("trace.times", "last_event_at"),
        ("trace.byte-count", "byte_count"),
    ]

    let database: Database

    func part(after key: Int64, limit: Int) throws -> StoreCheckPart {
        var part = StoreCheckPart()
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT key, environment, last_step, \(Self.figures.map(\.column).joined(separator: ", ")) FROM trace_rows
                WHERE key > ? ORDER BY key LIMIT ?
                """,
            arguments: [key, limit]
        )
        guard let last = rows.last?.integer(0) else { return part }
        if rows.count == limit { part.last = last }
        let range: StatementArguments = [key, last]
        var sums: [Int64: Row] = [:]
        for row in try Row.fetchAll(database, sql: sum, arguments: range) {
            if let trace = row.integer(0) { sums[trace] = row }
        }
        for row in rows {
            // What is out of sight is about to be erased, and in part it is already.
            guard let trace = row.integer(0), let environment = row.integer(1), environment > 0 else { continue }
            part.traces += 1
            let place = "trace_rows \(trace)"
            guard let sum = sums[trace] else {
                part.findings.append(StoreFinding("trace.event-count", place, "the trace has no events"))
                continue
            }
            part.events += Int(sum.integer(1) ?? 0)
            part.findings += compare(row, sum, environment, place)
        }
        let seen = Set(rows.lazy.filter { ($0.integer(1) ?? 0) > 0 }.compactMap { $0.integer(0) })
        part.findings += try strays(range, seen)
        part.findings += try texts(range, seen)
        return part
    }

    private var sum: String {
        """
        SELECT trace, count(*), CAST(coalesce(sum(total_tokens), 0) AS BIGINT),
        CAST(sum(CASE WHEN event_type = 'error' THEN 1 ELSE 0 END) AS BIGINT), min(timestamp), max(timestamp),
        CAST(sum(coalesce(\(database.dialect.byteCount("content")), 0)
        + coalesce(\(database.dialect.byteCount("metadata")), 0) + \(EventSize.rest)) AS BIGINT),
        max(step_id), min(environment), max(environment)
        FROM event_rows WHERE trace > ? AND trace <= ? GROUP BY trace
        """
    }

    private func compare(_ row: Row, _ sum: Row, _ environment: Int64, _ place: String) -> [StoreFinding] {
        var findings: [StoreFinding] = []
        for (index, figure) in Self.figures.enumerated() {
            // The size of a trace may be one that nobody has asked for.
            if figure.column == "byte_count", row.values[index + 3] == .null { continue }
            guard row.values[index + 3] != sum.values[index + 1] else { continue }
            findings.append(
                StoreFinding(
                    figure.code,
                    place,
                    "\(figure.column) is \(row.shown(index + 3)); its events make it \(sum.shown(index + 1))"
                )
            )
        }
        if let step = row.integer(2), let newest = sum.integer(7), step < newest {
            findings.append(
                StoreFinding("trace.last-step", place, "last_step is \(step), but there is an event of step \(newest)")
            )
        }
        if sum.integer(8) != environment || sum.integer(9) != environment {
            findings.append(
                StoreFinding("event.environment", place, "an event of the trace is of another environment")
            )
        }
        return findings
    }

    /// Rows of traces that refer to no event, and events that no row speaks of.
    private func strays(_ range: StatementArguments, _ seen: Set<Int64>) throws -> [StoreFinding] {
        let names = try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT n.trace FROM name_rows n WHERE n.trace > ? AND n.trace <= ?
                AND NOT EXISTS (SELECT 1 FROM event_rows r WHERE r.trace = n.trace AND r.step_id = n.step_id)
                """,
            arguments: range
        )
        let visits = try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT r.trace FROM event_rows r WHERE r.trace > ? AND r.trace <= ? AND NOT EXISTS
                (SELECT 1 FROM trace_agents a WHERE a.trace = r.trace AND a.agent_version_id = r.agent_version_id)
                """,
            arguments: range
        )
        func findings(_ rows: [Row], _ code: String, _ message: String) -> [StoreFinding] {
            rows.compactMap { $0.integer(0) }.filter { seen.contains($0) }.map {
                StoreFinding(code, "trace_rows \($0)", message)
            }
        }
        return findings(names, "name.step", "a name leads to a step that is not there")
            + findings(visits, "visit.missing", "an agent that has events in the trace is not noted for it")
    }

    /// Contents and metadata have to be the JSON that was taken.
    private func texts(_ range: StatementArguments, _ seen: Set<Int64>) throws -> [StoreFinding] {
        var findings: [StoreFinding] = []
        let statement = try database.makeStatement(
            sql: """
                SELECT trace, step_id, content, metadata, event_type FROM event_rows WHERE trace > ? AND trace <= ?
                ORDER BY trace, step_id
                """
        )
        try statement.forEachRow(range) { row in
            guard let trace = row.integer(0), seen.contains(trace) else { return true }
            let place = "event_rows \(trace):\(row.shown(1))"
            for (index, name) in [(2, "content"), (3, "metadata")] where row.values[index] != .null {
                let isWhole = row.text(index).map { (try? JSONDocument(Array($0.utf8), limits: Self.limits)) != nil }
                if isWhole != true { findings.append(StoreFinding("event.\(name)", place, "the \(name) is no JSON")) }
            }
            if EventType(name: row.text(4) ?? "") == nil {
                findings.append(StoreFinding("event.type", place, "there is no type of events \(row.shown(4))"))
            }
            return findings.count < 1000
        }
        return findings
    }

    /// What was taken is read again, however much it is.
    private static let limits = JSONLimits(values: 200_000_000)
}
