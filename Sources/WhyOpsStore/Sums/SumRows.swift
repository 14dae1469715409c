/// Sums in the database.
enum SumRows {
    /// Takes out rows of an agent that have come to nothing. Whoever adds to one of them meanwhile keeps it: what is locked is
    /// passed by, and what is not locked cannot change.
    static func tidy(environment: Int, period: String, agentID: String, _ database: Database) throws {
        let empty = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT \(SumColumns.namesList) FROM sum_rows WHERE environment = ? AND period = ? AND agent_id = ?
                    GROUP BY \(SumColumns.namesList) HAVING sum(events) = 0
                    """
            ),
            arguments: [environment, period, agentID]
        )
        let condition = SumColumns.names.map { "\($0) = ?" }.joined(separator: " AND ")
        for row in empty {
            let names = StatementArguments(values: row.values)
            let slots = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT slot, \(SumColumns.figuresList) FROM sum_rows
                        WHERE \(condition)\(database.dialect.passingLocked)
                        """
                ),
                arguments: names
            )
            var sums = SumColumns.figures.map { _ in 0 as Int64 }
            for slot in slots { for place in sums.indices { sums[place] += slot.integer(place + 1) ?? 1 } }
            guard sums.allSatisfy({ $0 == 0 }) else { continue }
            for slot in slots {
                try database.cachedStatement(sql: "DELETE FROM sum_rows WHERE \(condition) AND slot = ?")
                    .execute(arguments: names + StatementArguments(values: [slot.values[0]]))
            }
        }
    }
}
