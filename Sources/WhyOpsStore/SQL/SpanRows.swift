/// The spans of a trace in which somebody may only have so many (ING-29): looked up, never counted again.
struct SpanRows {
    /// The key of the trace's row.
    let trace: Int64
    let database: Database

    /// Finds the spans that a trace has, once for all, and gives their number.
    func fill() throws -> Int {
        try database.execute(
            sql: """
                INSERT INTO span_rows SELECT DISTINCT trace, span_id FROM event_rows WHERE trace = ?
                ON CONFLICT DO NOTHING
                """,
            arguments: [trace]
        )
        let count = try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM span_rows WHERE trace = ?",
            arguments: [trace]
        )
        // Also when no event of the append is stored.
        try database.execute(
            sql: "UPDATE trace_rows SET span_count = ? WHERE key = ?",
            arguments: [count, trace]
        )
        return count ?? 0
    }

    func has(_ span: String) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT 1 FROM span_rows WHERE trace = ? AND span_id = ?"),
            arguments: [trace, span]
        ) ?? false
    }

    /// Notes a span, and gives how many more there are now.
    func insert(_ span: String) throws -> Int {
        try database.cachedStatement(sql: "INSERT INTO span_rows (trace, span_id) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .execute(arguments: [trace, span])
        return database.changesCount
    }
}
