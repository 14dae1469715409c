extension DatabaseStore {
    /// Traces that go in one transaction.
    private static let deletionLimit = 100

    package func deleteAgent(id: String, tenant: Tenant) async throws -> AgentDeletion? {
        let environmentID = tenant.environmentID
        // Also one whose deletion was cut off: whoever asked for it was not told that it is done.
        guard try await read({ try AgentRows.isDeletable(id, environmentID: environmentID, $0) }) else { return nil }
        var deletion = AgentDeletion()
        // Its own traces first, then its name: no event that comes later finds the agent any more. What was begun meanwhile
        // goes after that, until nothing is found with the name gone.
        var isNameFree = false
        var isDone = false
        while !isDone {
            let part = try await write { database in
                var part = AgentDeletion()
                let traces = try String.fetchAll(
                    database,
                    sql: "SELECT trace_id FROM traces WHERE environment_id = ? AND agent_id = ? LIMIT ?",
                    arguments: [environmentID, id, Self.deletionLimit]
                )
                // In the order of those who append: traces, then the agent, of which nobody begins a trace from then on.
                try database.lock(traces: { traces.map { LockName(.trace, $0, environmentID: environmentID) } })
                _ = try Bool.fetchOne(
                    database,
                    sql: "SELECT 1 FROM agents WHERE id = ?\(database.dialect.locking)",
                    arguments: [id]
                )
                var removed = RemovedSums()
                for traceID in traces {
                    let trace = try TraceDeletion(environmentID: environmentID, traceID: traceID, database)
                    part.events += try trace.remove(&removed)
                    part.traces += 1
                }
                if traces.count < Self.deletionLimit {
                    try DeadLetterRows(environmentID: environmentID, database: database).delete(ofAgent: id)
                    try AgentRows.freeName(of: id, database)
                }
                try removed.write(database)
                return part
            }
            deletion.events += part.events
            deletion.traces += part.traces
            isDone = isNameFree && part.traces == 0
            isNameFree = isNameFree || part.traces < Self.deletionLimit
        }
        deletion.events += try await deleteVisits(ofAgent: id, environmentID: environmentID)
        deletion.versions = try await write { try AgentRows.bury(id, $0) }
        return deletion
    }

    /// Takes out the agent's events in traces of others; from now on there can be no more of them.
    private func deleteVisits(ofAgent id: String, environmentID: String) async throws -> Int {
        // Searched among the readers, since no index leads from an agent to its events.
        let visited = try await read { database in
            try String.fetchAll(
                database,
                sql: "SELECT DISTINCT trace_id FROM events WHERE environment_id = ? AND agent_id = ?",
                arguments: [environmentID, id]
            )
        }
        var count = 0
        for start in stride(from: 0, to: visited.count, by: Self.deletionLimit) {
            let part = Array(visited[start..<min(start + Self.deletionLimit, visited.count)])
            count += try await write { database in
                try database.lock(traces: { part.map { LockName(.trace, $0, environmentID: environmentID) } })
                var removed = RemovedSums()
                let count = try part.reduce(0) { sum, traceID in
                    sum
                        + (try TraceDeletion(environmentID: environmentID, traceID: traceID, database)
                            .removeEvents(ofAgent: id, &removed))
                }
                try removed.write(database)
                return count
            }
        }
        return count
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
    func remove(_ removed: inout RemovedSums) throws -> Int {
        let count = try removed.delete(where: "trace = ?", [key], database)
        try database.execute(sql: "DELETE FROM name_rows WHERE trace = ?", arguments: [key])
        try database.execute(sql: "DELETE FROM span_rows WHERE trace = ?", arguments: [key])
        try database.execute(sql: "DELETE FROM trace_agents WHERE trace = ?", arguments: [key])
        try database.execute(sql: "DELETE FROM trace_rows WHERE key = ?", arguments: [key])
        return count
    }

    /// Takes the agent's events out, with all that the trace's row has from them; steps are not given out again.
    func removeEvents(ofAgent agentID: String, _ removed: inout RemovedSums) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM name_rows WHERE trace = ?1
                AND step_id IN (SELECT step_id FROM event_rows WHERE trace = ?1 AND agent_id = ?2)
                """,
            arguments: [key, agentID]
        )
        let count = try removed.delete(where: "trace = ? AND agent_id = ?", [key, agentID], database)
        let left = try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM event_rows WHERE trace = ?",
            arguments: [key]
        )
        try database.execute(
            sql: "DELETE FROM trace_agents WHERE trace = ? AND agent_id = ?",
            arguments: [key, agentID]
        )
        if left == 0 { return count + (try remove(&removed)) }
        try database.execute(sql: "DELETE FROM span_rows WHERE trace = ?", arguments: [key])
        try database.execute(sql: Self.recount, arguments: [key])
        return count
    }

    /// As the row would be, had only the events that are left ever come, in the order in which they came.
    private static let recount = """
        UPDATE trace_rows SET
            span_count = NULL,
            byte_count = NULL,
            event_count = (SELECT count(*) FROM event_rows WHERE trace = key),
            total_tokens = (SELECT coalesce(sum(total_tokens), 0) FROM event_rows WHERE trace = key),
            error_count = (SELECT count(*) FROM event_rows WHERE trace = key AND event_type = 'error'),
            first_event_at = (SELECT min(timestamp) FROM event_rows WHERE trace = key),
            last_event_at = (SELECT max(timestamp) FROM event_rows WHERE trace = key),
            last_activity = (SELECT max(created_at) FROM event_rows WHERE trace = key),
            external_user_id = (SELECT external_user_id FROM event_rows
                WHERE trace = key AND external_user_id IS NOT NULL ORDER BY rowid LIMIT 1),
            provider_id = (SELECT provider_id FROM event_rows
                WHERE trace = key AND provider_id IS NOT NULL ORDER BY rowid LIMIT 1),
            model = (SELECT model FROM event_rows WHERE trace = key AND model IS NOT NULL ORDER BY rowid DESC LIMIT 1)
        WHERE key = ?
        """
}
