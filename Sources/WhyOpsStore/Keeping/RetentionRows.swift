/// Traces that go, in the database.
///
/// A trace goes in two steps. First its row gets an environment that there is not, with which the whole trace is out of
/// everybody's sight at once, and its id is free; then what it had is erased a few rows at a time. A process that ends in
/// between leaves rows that nobody sees, and the next run erases them.
enum RetentionRows {
    /// A trace that may go.
    struct Candidate: Sendable {
        let key: Int64
        let environment: Int
        let environmentID: String
        let traceID: String
        let lastActivity: String
        /// `nil` where the trace is older than the figure.
        let bytes: Int?
    }

    /// The traces of an environment that were longest without an event.
    ///
    /// - Parameter end: a time stamp; only traces whose last event was stored before it.
    static func oldest(
        in environment: RetentionPlan.Environment,
        before end: String,
        limit: Int,
        _ database: Database
    ) throws -> [Candidate] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT key, trace_id, last_activity, byte_count FROM trace_rows
                WHERE environment = ? AND last_activity < ? ORDER BY last_activity LIMIT ?
                """,
            arguments: [environment.number, end, limit]
        ).map {
            Candidate(
                key: $0[0],
                environment: environment.number,
                environmentID: environment.id,
                traceID: $0[1],
                lastActivity: $0[2],
                bytes: $0[3]
            )
        }
    }

    /// Takes traces out of sight; one that got an event meanwhile stays.
    ///
    /// - Returns: those that went.
    static func hide(_ candidates: [Candidate], _ database: Database) throws -> [Candidate] {
        // Who appends to one of them either has committed by then, or finds it gone.
        try database.lock { candidates.map { LockName(.trace, $0.traceID, environmentID: $0.environmentID) } }
        let statement = try database.cachedStatement(
            sql: """
                UPDATE trace_rows SET environment = -environment, trace_id = CAST(key AS TEXT) || ':' || trace_id
                WHERE key = ? AND environment = ? AND last_activity = ?
                """
        )
        return try candidates.filter {
            try statement.execute(arguments: [$0.key, $0.environment, $0.lastActivity])
            return database.changesCount == 1
        }
    }

    /// The environments that traces have gone from whose rows are still there, and when the last of those got an event.
    static func hidden(_ database: Database) throws -> (environments: Set<Int>, newest: String)? {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT environment, max(last_activity) FROM trace_rows WHERE environment < 0 GROUP BY environment"
        )
        let newest = rows.map { $0[1] as String }.max()
        return newest.map { (Set(rows.map { -($0[0] as Int) }), $0) }
    }

    /// Erases rows of traces that are out of sight until there are none, or its time is up.
    ///
    /// - Parameter isOver: asked after every few rows.
    /// - Returns: the events that went, and whether there may be more.
    static func erase(until isOver: () -> Bool, _ database: Database) throws -> (events: Int, isMore: Bool) {
        var removed = RemovedSums()
        let erased = try erase(until: isOver, &removed, database)
        try removed.write(database)
        return erased
    }

    private static func erase(
        until isOver: () -> Bool,
        _ removed: inout RemovedSums,
        _ database: Database
    ) throws -> (events: Int, isMore: Bool) {
        var events = 0
        while let key = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT key FROM trace_rows WHERE environment < 0 LIMIT 1")
        ) {
            for (table, column, limit) in parts {
                var isMore = true
                while isMore {
                    if isOver() { return (events, true) }
                    // The names of both are ours.
                    let first = """
                        trace = ?1 AND \(column) IN
                        (SELECT \(column) FROM \(table) WHERE trace = ?1 ORDER BY \(column) LIMIT \(limit))
                        """
                    if table == "event_rows" {
                        let count = try removed.delete(where: first, [key], database)
                        isMore = count > 0
                        events += count
                    } else {
                        try database.cachedStatement(sql: "DELETE FROM \(table) WHERE \(first)")
                            .execute(arguments: [key])
                        isMore = database.changesCount > 0
                    }
                }
            }
            try database.cachedStatement(sql: "DELETE FROM trace_rows WHERE key = ?").execute(arguments: [key])
        }
        return (events, false)
    }

    /// What has rows for each event of a trace, by what they are found, and how many go before the time is looked at: an
    /// event may be as large as ten megabytes, each page of which is written over.
    private static let parts = [
        ("event_rows", "step_id", 8), ("name_rows", "name", 64), ("span_rows", "span_id", 64),
        ("trace_agents", "agent_version_id", 64),
    ]

    /// Looks through links by age for those whose traces are gone.
    ///
    /// - Parameter place: where the last call ended.
    /// - Returns: the keys of such links, and where this call ended; no place at the end of all.
    static func orphans(
        of environments: Set<Int>,
        after place: (createdAt: Double, key: Int64),
        until end: Double,
        limit: Int,
        _ database: Database
    ) throws -> (keys: [Int64], place: (createdAt: Double, key: Int64)?) {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT l.key, l.created_at, l.environment, EXISTS (SELECT 1 FROM trace_rows t
                WHERE t.environment = l.environment AND t.trace_id = l.trace_id)
                FROM link_rows l WHERE l.created_at >= ?1 AND l.created_at <= ?2
                AND (l.created_at > ?1 OR l.key > ?3) ORDER BY l.created_at, l.key LIMIT ?4
                """,
            arguments: [place.createdAt, end, place.key, limit]
        )
        let keys = rows.compactMap { row -> Int64? in
            let isKept: Bool = row[3]
            return !isKept && environments.contains(row[2]) ? row[0] : nil
        }
        return (keys, rows.count < limit ? nil : rows.last.map { ($0[1], $0[0]) })
    }

    static func deleteLinks(_ keys: [Int64], _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                DELETE FROM link_rows WHERE key = ? AND NOT EXISTS (SELECT 1 FROM trace_rows t
                WHERE t.environment = link_rows.environment AND t.trace_id = link_rows.trace_id)
                """
        )
        for key in keys { try statement.execute(arguments: [key]) }
    }
}
