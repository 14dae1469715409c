/// How many events of whatever type there were in a stretch of time, how many of them errors, and what time they took.
struct EventCounts {
    let range: SumRange
    let environmentID: String
    /// `nil` for all.
    var agents: [String]?

    /// Rows of a group, the events, errors, the sum of latencies and their number, in the order of groups.
    ///
    /// - Parameter group: an expression of `agent_id` and `period`, which is a letter with a day, an hour or a time stamp.
    func rows(_ group: String, _ database: Database) throws -> [Row] {
        let source = DatabaseStore.source(range) { period, isEvent in
            var filter = Filter("environment = (SELECT number FROM environments WHERE id = ?)", environmentID)
            if let agents { filter.add("agent_id IN (\(databaseQuestionMarks(count: agents.count)))", agents) }
            if isEvent {
                filter.add("timestamp >= ? AND timestamp <= ?", [period.from, period.to])
                return (Self.events + filter.sql, filter.arguments)
            }
            filter.add("period >= ? AND period < ?", [period.from, period.to])
            return (Self.sums + filter.sql, filter.arguments)
        }
        guard let source else { return [] }
        return try Row.fetchAll(
            database,
            sql: """
                SELECT part, sum(events), sum(errors), sum(latency_sum), sum(latency_count)
                FROM (SELECT *, \(group) AS part FROM (\(source.sql)) AS found) AS sums
                GROUP BY part HAVING sum(events) > 0 ORDER BY part
                """,
            arguments: source.arguments
        )
    }

    private static let sums = """
        SELECT agent_id, period, events, errors, latency_sum, latency_count FROM sum_rows WHERE\u{20}
        """

    private static let events = """
        SELECT agent_id, 'e' || timestamp AS period, 1 AS events,
        CASE WHEN event_type = 'error' THEN 1 ELSE 0 END AS errors, coalesce(latency_ms, 0) AS latency_sum,
        CASE WHEN latency_ms IS NULL THEN 0 ELSE 1 END AS latency_count FROM event_rows WHERE\u{20}
        """
}
