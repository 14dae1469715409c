import FoundationEssentials
import WhyOps

extension DatabaseStore {
    private static let agentColumns = """
        a.id, a.name, a.max_traces, a.max_spans, a.created_at, a.updated_at,
        (SELECT count(*) FROM traces t WHERE t.environment_id = a.environment_id AND t.agent_id = a.id),
        \(lastActive), \(VersionRow.columns)
        """
    private static let agentTables = "agents a JOIN agent_versions v ON v.id = a.current_version_id"
    /// Also where the agent was active in traces that others began (ING-30).
    private static let lastActive = "(SELECT max(g.last_active) FROM trace_agents g WHERE g.agent_id = a.id)"

    package func agents(page: PageRequest, tenant: Tenant) async throws -> Page<StoredAgent> {
        let week = SumRange(from: Moments.moment(daysAgo: 7), to: nil)
        return try await read(for: tenant) { database in
            let total = try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM agents WHERE environment_id = ? AND deleted_at IS NULL",
                arguments: [tenant.environmentID]
            )
            var agents = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.agentColumns) FROM \(Self.agentTables) JOIN (
                        SELECT a.id AS wanted, \(Self.lastActive) AS newest FROM agents a
                        WHERE a.environment_id = ?1 AND a.deleted_at IS NULL
                        ORDER BY newest DESC NULLS LAST, a.name LIMIT ?2 OFFSET ?3
                    ) AS page ON a.id = wanted ORDER BY newest DESC NULLS LAST, a.name
                    """,
                arguments: [tenant.environmentID, page.limit, page.offset]
            ).map { try Self.agent($0, database) }
            let recent =
                try agents.isEmpty
                ? []
                : EventCounts(range: week, environmentID: tenant.environmentID, agents: agents.map(\.id))
                    .rows("agent_id", database)
            if page.parts.contains(.metadata) {
                var room = DefinitionRoom(database)
                for place in agents.indices {
                    agents[place].current.metadata = try room.definition(of: agents[place].current.id)
                }
            }
            for row in recent {
                let id: String = row[0]
                guard let place = agents.firstIndex(where: { $0.id == id }) else { continue }
                agents[place].recentEvents = row[1]
                agents[place].recentErrors = row[2]
            }
            return Page(items: agents, total: total ?? 0)
        }
    }

    package func agent(id: String, parts: EventParts, tenant: Tenant) async throws -> StoredAgent? {
        try await read(for: tenant) { database in
            var agent = try Row.fetchOne(
                database,
                sql: """
                    SELECT \(Self.agentColumns) FROM \(Self.agentTables)
                    WHERE a.environment_id = ?1 AND a.id = ?2 AND a.deleted_at IS NULL
                    """,
                arguments: [tenant.environmentID, id]
            ).map { try Self.agent($0, database) }
            if parts.contains(.metadata), let id = agent?.current.id {
                agent?.current.metadata = try VersionRow.definition(of: id, database)
            }
            return agent
        }
    }

    private static func agent(_ row: Row, _ database: Database) throws -> StoredAgent {
        StoredAgent(
            id: row[0],
            name: row[1],
            current: try VersionRow.version(row, from: 8, database),
            maxTraces: row[2],
            maxSpans: row[3],
            traceCount: row[6],
            lastActive: row[7],
            createdAt: row[4],
            updatedAt: row[5]
        )
    }

    package func activity(
        of agentID: String,
        matching query: AgentActivityQuery,
        tenant: Tenant
    ) async throws -> AgentActivity {
        try await read(for: tenant) { database in
            let events = try Self.events(of: agentID, matching: query, tenant, database)
            let traces = try Row.fetchAll(
                database,
                sql: """
                    SELECT substr(created_at, 1, 10), count(*) FROM traces
                    WHERE environment_id = ?1 AND agent_id = ?2 AND created_at >= ?3
                    AND (CAST(?4 AS TEXT) IS NULL OR external_user_id = ?4) GROUP BY 1 ORDER BY 1
                    """,
                arguments: [tenant.environmentID, agentID, query.tracesSince, query.externalUserId]
            )
            return AgentActivity(
                events: events.map { AgentActivity.Events(day: $0[0], count: $0[1], errors: $0[2]) },
                traces: traces.map { AgentActivity.Traces(day: $0[0], count: $0[1]) }
            )
        }
    }

    /// The agent's events by day.
    private static func events(
        of agentID: String,
        matching query: AgentActivityQuery,
        _ tenant: Tenant,
        _ database: Database
    ) throws -> [Row] {
        if query.externalUserId == nil, let start = Timestamp(query.eventsSince) {
            let range = SumRange(from: start, to: nil)
            return try EventCounts(range: range, environmentID: tenant.environmentID, agents: [agentID])
                .rows("substr(period, 2, 10)", database)
        }
        return try Row.fetchAll(
            database,
            sql: """
                SELECT substr(timestamp, 1, 10), count(*), count(*) FILTER (WHERE event_type = 'error') FROM event_rows
                WHERE environment = (SELECT number FROM environments WHERE id = ?1)
                AND timestamp >= ?2 AND agent_id = ?3
                AND (CAST(?4 AS TEXT) IS NULL OR external_user_id = ?4) GROUP BY 1 ORDER BY 1
                """,
            arguments: [tenant.environmentID, query.eventsSince, agentID, query.externalUserId]
        )
    }

    package func setAgentSettings(
        _ change: AgentSettingsChange,
        of agentID: String,
        tenant: Tenant
    ) async throws -> Int? {
        try await write { database in
            guard try AgentRows.exists(agentID, environmentID: tenant.environmentID, database) else { return nil }
            let now = Identifiers.now()
            if let rate = change.samplingRate {
                try database.execute(
                    sql: "UPDATE agent_versions SET sampling_rate = ?, updated_at = ? WHERE agent_id = ?",
                    arguments: [(rate * 100).rounded() / 100, now, agentID]
                )
            }
            if let limit = change.maxTraces {
                try database.execute(
                    sql: "UPDATE agents SET max_traces = ? WHERE id = ?",
                    arguments: [limit, agentID]
                )
            }
            if let limit = change.maxSpans {
                try database.execute(sql: "UPDATE agents SET max_spans = ? WHERE id = ?", arguments: [limit, agentID])
            }
            try database.execute(sql: "UPDATE agents SET updated_at = ? WHERE id = ?", arguments: [now, agentID])
            return try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM agent_versions WHERE agent_id = ?",
                arguments: [agentID]
            )
        }
    }
}

/// Moments before now, as text that compares in their order.
enum Moments {
    static func text(daysAgo days: Int) -> String { moment(daysAgo: days).text }

    static func moment(daysAgo days: Int) -> Timestamp {
        let now = Date().timeIntervalSince1970 * 1000
        return Timestamp(milliseconds: Int64(now.rounded(.down)) - Int64(days) * 86_400_000)
    }
}
