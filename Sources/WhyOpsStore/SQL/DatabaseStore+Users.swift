import FoundationEssentials
import WhyOps

extension DatabaseStore {
    package func users(matching query: UserQuery, tenant: Tenant) async throws -> Page<UserTotals> {
        var filter = Filter("environment_id = ?", tenant.environmentID)
        filter.add("agent_id = ?", query.agentID)
        filter.add("last_activity >= ?", query.startDate?.text)
        filter.add("last_activity <= ?", query.endDate?.text)
        return try await read(for: tenant) { [filter] database in
            let total = try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM (SELECT DISTINCT external_user_id FROM traces WHERE \(filter.sql)) AS users",
                arguments: filter.arguments
            )
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT external_user_id, count(*), sum(event_count), sum(total_tokens), sum(error_count),
                    max(last_activity) FROM traces WHERE \(filter.sql)
                    GROUP BY 1 ORDER BY 2 DESC, 1 NULLS FIRST LIMIT ? OFFSET ?
                    """,
                arguments: filter.arguments + [query.page.limit, query.page.offset]
            )
            let users = rows.map { row in
                UserTotals(
                    externalUserId: row[0],
                    traceCount: row[1],
                    eventCount: row[2],
                    totalTokens: row[3],
                    errorCount: row[4],
                    lastActive: row[5]
                )
            }
            return Page(items: users, total: total ?? 0)
        }
    }

    package func dashboard(agentCount: Int, tenant: Tenant) async throws -> DashboardFigures {
        let (day, before) = (Moments.moment(daysAgo: 1), Moments.moment(daysAgo: 2))
        // The seven days that today ends.
        let week = String(Moments.text(daysAgo: 6).prefix(10))
        let id = tenant.environmentID
        return try await read(for: tenant) { database in
            func count(_ sql: String, _ arguments: StatementArguments) throws -> Int {
                try Int.fetchOne(database, sql: sql, arguments: arguments) ?? 0
            }
            let days = try Row.fetchAll(
                database,
                sql: """
                    SELECT substr(created_at, 1, 10), count(*) FROM traces
                    WHERE environment_id = ? AND created_at >= ? GROUP BY 1 ORDER BY 1
                    """,
                arguments: [id, week]
            )
            let agents = try Row.fetchAll(
                database,
                sql: """
                    SELECT a.name, count(*) FROM traces t JOIN agents a ON a.id = t.agent_id
                    WHERE t.environment_id = ? AND t.created_at >= ? GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?
                    """,
                arguments: [id, week, agentCount]
            )
            return DashboardFigures(
                agents: try count(
                    "SELECT count(*) FROM agents WHERE environment_id = ? AND deleted_at IS NULL",
                    [id]
                ),
                activeTraces: try count(
                    "SELECT count(*) FROM traces WHERE environment_id = ? AND last_activity >= ?",
                    [id, day.text]
                ),
                today: try Self.period(SumRange(from: day, to: nil), id, database),
                yesterday: try Self.period(
                    SumRange(from: before, to: Timestamp(milliseconds: day.milliseconds - 1)),
                    id,
                    database
                ),
                tracesByDay: days.map { (day: $0[0], count: $0[1]) },
                tracesByAgent: agents.map { (name: $0[0], count: $0[1]) }
            )
        }
    }

    private static func period(
        _ range: SumRange,
        _ environmentID: String,
        _ database: Database
    ) throws -> PeriodFigures {
        let row = try EventCounts(range: range, environmentID: environmentID).rows("1", database).first
        return PeriodFigures(
            events: row?[1] ?? 0,
            errors: row?[2] ?? 0,
            latencySum: row?[3] ?? 0,
            latencyCount: row?[4] ?? 0
        )
    }
}
