import GRDB

extension SQLiteStore {
    /// Traces that go in one transaction.
    private static let deletionLimit = 100

    package func deleteAgent(id: String, tenant: Tenant) async throws -> AgentDeletion? {
        let key: StatementArguments = [tenant.environmentID, id]
        guard try await read({ try AgentRows.exists(id, environmentID: tenant.environmentID, $0) }) else { return nil }
        var deletion = AgentDeletion()
        // Searched among the readers, since no index leads from an agent to its events.
        let visited = try await read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT trace_id FROM events WHERE environment_id = ?1 AND agent_id = ?2
                    AND trace_id NOT IN (SELECT trace_id FROM traces WHERE environment_id = ?1 AND agent_id = ?2)
                    """,
                arguments: key
            )
        }
        for start in stride(from: 0, to: visited.count, by: Self.deletionLimit) {
            let part = Array(visited[start..<min(start + Self.deletionLimit, visited.count)])
            deletion.events += try await write { database in
                var count = 0
                for traceID in part {
                    count += try TraceDeletion(environmentID: tenant.environmentID, traceID: traceID, database)
                        .removeEvents(ofAgent: id)
                }
                return count
            }
        }
        while true {
            let part = try await write { database in
                var part = AgentDeletion()
                let traces = try String.fetchAll(
                    database,
                    sql: "SELECT trace_id FROM traces WHERE environment_id = ? AND agent_id = ? LIMIT ?",
                    arguments: key + [Self.deletionLimit]
                )
                for traceID in traces {
                    let trace = try TraceDeletion(environmentID: tenant.environmentID, traceID: traceID, database)
                    part.events += try trace.remove()
                    part.traces += 1
                }
                if traces.count < Self.deletionLimit { part.versions = try AgentRows.bury(id, database) }
                return part
            }
            deletion.events += part.events
            deletion.traces += part.traces
            deletion.versions += part.versions
            if part.versions > 0 { return deletion }
        }
    }
}

/// Takes a trace, or what an agent did in it, out of the database.
struct TraceDeletion {
    /// The key of the trace's row; `nil` where it is gone already.
    private let key: Int64?
    private let database: Database

    init(environmentID: String, traceID: String, _ database: Database) throws {
        let environment = try TenantRows.number(ofEnvironment: environmentID, database)
        key = try Int64.fetchOne(
            database,
            sql: "SELECT key FROM trace_rows WHERE environment = ? AND trace_id = ?",
            arguments: [environment, traceID]
        )
        self.database = database
    }

    /// The number of events that went.
    func remove() throws -> Int {
        try database.execute(sql: "DELETE FROM event_rows WHERE trace = ?", arguments: [key])
        let count = database.changesCount
        try database.execute(sql: "DELETE FROM name_rows WHERE trace = ?", arguments: [key])
        try database.execute(sql: "DELETE FROM trace_rows WHERE key = ?", arguments: [key])
        return count
    }

    func removeEvents(ofAgent agentID: String) throws -> Int {
        try database.execute(
            sql: "DELETE FROM event_rows WHERE trace = ? AND agent_id = ?",
            arguments: [key, agentID]
        )
        let count = database.changesCount
        let left = try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM event_rows WHERE trace = ?",
            arguments: [key]
        )
        if left == 0 { return count + (try remove()) }
        try database.execute(
            sql: """
                UPDATE trace_rows SET event_count = (SELECT count(*) FROM event_rows WHERE trace = key),
                total_tokens = (SELECT coalesce(sum(total_tokens), 0) FROM event_rows WHERE trace = key),
                error_count = (SELECT count(*) FROM event_rows WHERE trace = key AND event_type = 'error')
                WHERE key = ?
                """,
            arguments: [key]
        )
        return count
    }
}
