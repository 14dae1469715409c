/// Which agents have events in which traces.
struct TraceAgentRows {
    /// An agent's version in a trace.
    struct Visit: Hashable {
        let trace: Int64
        let agentID: String
        let versionID: String
    }

    let database: Database

    /// Notes that an agent was active in a trace.
    func note(_ visits: Set<Visit>, now: String) throws {
        for visit in visits {
            try database.cachedStatement(
                sql: """
                    INSERT INTO trace_agents (trace, agent_version_id, agent_id, last_active) VALUES (?, ?, ?, ?)
                    ON CONFLICT (trace, agent_version_id) DO UPDATE SET last_active = excluded.last_active
                    WHERE excluded.last_active > trace_agents.last_active
                    """
            ).execute(arguments: [visit.trace, visit.versionID, visit.agentID, now])
        }
    }
}
