import GRDB
import WhyOps

/// Agents and their versions in the database.
enum AgentRows {
    struct Current {
        let agentID: String
        let versionID: String
        var sampling = SamplingRule()
    }

    /// The agent's current version, registering an agent that nobody registered (AGT-9).
    static func current(
        for event: Event,
        environmentID: String,
        now: String,
        _ database: Database
    ) throws -> Current {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT a.id, v.id, v.sampling_rate, a.max_traces, a.max_spans
                    FROM agents a JOIN agent_versions v ON v.id = a.current_version_id
                    WHERE a.environment_id = ? AND a.name = ?
                    """
            ),
            arguments: [environmentID, event.agentName]
        )
        if let row {
            let sampling = SamplingRule(rate: row[2], maxTraces: row[3], maxSpans: row[4])
            return Current(agentID: row[0], versionID: row[1], sampling: sampling)
        }
        let registration = try register(
            name: event.agentName,
            definition: AgentDefinition(observedIn: event),
            environmentID: environmentID,
            now: now,
            database
        )
        return Current(agentID: registration.agentID, versionID: registration.agentVersionID)
    }

    /// Makes a definition current (AGT-8).
    static func register(
        name: String,
        definition: AgentDefinition,
        environmentID: String,
        now: String,
        _ database: Database
    ) throws -> AgentRegistration {
        let hash = definition.versionHash
        let agentID = try String.fetchOne(
            database,
            sql: "SELECT id FROM agents WHERE environment_id = ? AND name = ?",
            arguments: [environmentID, name]
        )
        if let agentID,
            let versionID = try String.fetchOne(
                database,
                sql: "SELECT id FROM agent_versions WHERE agent_id = ? AND hash = ?",
                arguments: [agentID, hash]
            )
        {
            try database.execute(
                sql: """
                    UPDATE agents SET current_version_id = ?1, updated_at = ?2 WHERE id = ?3 AND current_version_id <> ?1
                    """,
                arguments: [versionID, now, agentID]
            )
            return AgentRegistration(agentID: agentID, agentVersionID: versionID, isNew: false, versionHash: hash)
        }
        let versionID = Identifiers.uuid()
        let owner = agentID ?? Identifiers.uuid()
        // ING-35: a new version takes the rate of the one before it.
        let rate = try Double.fetchOne(
            database,
            sql: """
                SELECT v.sampling_rate FROM agents a JOIN agent_versions v ON v.id = a.current_version_id WHERE a.id = ?
                """,
            arguments: [owner]
        )
        if agentID == nil {
            try database.execute(
                sql: """
                    INSERT INTO agents (id, environment_id, name, current_version_id, created_at, updated_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [owner, environmentID, name, versionID, now, now]
            )
        } else {
            try database.execute(
                sql: "UPDATE agents SET current_version_id = ?, updated_at = ? WHERE id = ?",
                arguments: [versionID, now, owner]
            )
        }
        try database.execute(
            sql: """
                INSERT INTO agent_versions (id, agent_id, hash, metadata, created_at, sampling_rate) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                versionID, owner, hash, String(decoding: definition.canonicalJSON, as: UTF8.self), now, rate ?? 1,
            ]
        )
        return AgentRegistration(agentID: owner, agentVersionID: versionID, isNew: true, versionHash: hash)
    }

    static func exists(_ id: String, environmentID: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: "SELECT 1 FROM agents WHERE id = ? AND environment_id = ? AND deleted_at IS NULL",
            arguments: [id, environmentID]
        ) ?? false
    }

    /// Leaves nothing of an agent but two ids, and gives the number of its versions.
    static func bury(_ id: String, _ database: Database) throws -> Int {
        let now = Identifiers.now()
        // Longer than an agent's name may be, so no event will ever find it.
        let name = String(repeating: "-", count: 256) + id
        try database.execute(
            sql: "UPDATE agents SET name = ?, deleted_at = ?, updated_at = ? WHERE id = ?",
            arguments: [name, now, now, id]
        )
        try database.execute(
            sql: "UPDATE agent_versions SET metadata = '{}', hash = id WHERE agent_id = ?",
            arguments: [id]
        )
        return database.changesCount
    }
}
