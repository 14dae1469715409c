/// What removed events take from the sums of their environments.
struct RemovedSums {
    private var environments: [Int: SumDeltas] = [:]

    /// Deletes rows of events, and notes what they had added.
    ///
    /// - Parameter condition: which ones, with its arguments.
    /// - Returns: how many went.
    mutating func delete(
        where condition: String,
        _ arguments: StatementArguments,
        _ database: Database
    ) throws -> Int {
        var count = 0
        let statement = try database.cachedStatement(
            sql: "DELETE FROM event_rows WHERE \(condition) RETURNING \(SumShare.columns)"
        )
        try statement.forEachRow(arguments) { row in
            environments[Int(row.integer(0) ?? 0), default: SumDeltas()].add(
                SumShare(row),
                agentID: row.text(2) ?? "",
                timestamp: row.text(1) ?? "",
                sign: -1
            )
            count += 1
            return true
        }
        return count
    }

    /// The last that a transaction does.
    func write(_ database: Database) throws {
        for (environment, deltas) in environments.sorted(by: { $0.key < $1.key }) {
            try deltas.write(environment: environment, database)
            for place in deltas.places {
                try SumRows.tidy(environment: environment, period: place.period, agentID: place.agentID, database)
            }
        }
    }
}
