import WhyOps

/// Whether the sums are what the events come to (STO-56).
struct SumCheck {
    let database: Database

    /// The days of which there are sums or events, one after the other, over all environments.
    ///
    /// - Parameter day: `YYYY-MM-DD`, or nothing for the first one.
    func day(after day: String) throws -> String? {
        // By text: everything of a day lies before its letter 'U', which comes behind the 'T' of time stamps.
        let numbers = try Row.fetchAll(database, sql: "SELECT number FROM environments")
        let environments = numbers.compactMap { $0.integer(0) }
        var next: String?
        for environment in environments {
            let event = try String.fetchOne(
                database.cachedStatement(
                    sql: "SELECT min(timestamp) FROM event_rows WHERE environment = ? AND timestamp >= ?"
                ),
                arguments: [environment, day.isEmpty ? "" : day + "U"]
            ).map { String($0.prefix(10)) }
            let sum = try String.fetchOne(
                database.cachedStatement(
                    sql: "SELECT min(period) FROM sum_rows WHERE environment = ? AND period > ? AND period < 'e'"
                ),
                arguments: [environment, "d" + day]
            ).map { String($0.dropFirst()) }
            for found in [event, sum] { if let found, found > day { next = min(next ?? found, found) } }
        }
        return next
    }

    /// The sums of a day, or of its hours, that are not what its events make them.
    func findings(ofDay day: String) throws -> [StoreFinding] {
        try ["d" + day, "h" + day].flatMap { period in
            let expression = period.hasPrefix("d") ? SumColumns.day : SumColumns.hour
            let range = "environment IN (SELECT number FROM environments) AND timestamp >= ?3 AND timestamp < ?4"
            let names = SumColumns.namesList
            let negative = SumColumns.figures.map { "-\($0) AS \($0)" }.joined(separator: ", ")
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT \(names), \(SumColumns.sums) FROM (
                        SELECT \(names), \(SumColumns.figuresList) FROM sum_rows
                        WHERE environment IN (SELECT number FROM environments) AND period >= ?1 AND period < ?2
                        UNION ALL SELECT \(names), \(negative) FROM (\(SumColumns.use(period: expression, where: range))) AS used
                        UNION ALL
                        SELECT \(names), \(negative) FROM (\(SumColumns.others(period: expression, where: range))) AS others
                    ) AS found GROUP BY \(names)
                    HAVING \(SumColumns.figures.map { "sum(\($0)) <> 0" }.joined(separator: " OR ")) LIMIT 1000
                    """,
                arguments: [period, period + "U", day, day + "U"]
            ).map { row in
                let place = "sum_rows \(row.shown(0)):\(row.text(1) ?? "")"
                let difference = zip(SumColumns.figures, row.values.dropFirst(SumColumns.names.count)).compactMap {
                    $1 == .integer(0) ? nil : "\($0) by \(Int64($1) ?? 0)"
                }
                return StoreFinding("sum", place, "differs from its events: \(difference.joined(separator: ", "))")
            }
        }
    }

    /// The first day behind another one; nothing where there is none.
    func part(after last: String) throws -> StoreCheckPart {
        var part = StoreCheckPart()
        guard let day = try day(after: last) else { return part }
        part.day = day
        part.findings = try findings(ofDay: day)
        return part
    }

    /// All of them, for small stores.
    func differences() throws -> [String] {
        var found: [String] = []
        var day = ""
        while let next = try self.day(after: day) {
            found += try findings(ofDay: next).map { "\($0.place) \($0.message)" }
            day = next
        }
        return found
    }
}
