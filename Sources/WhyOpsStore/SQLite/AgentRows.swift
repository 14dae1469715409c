import GRDB
import WhyOps

/// Agents and their versions in the database.
enum AgentRows {
    struct Current {
        let agentID: String
        let versionID: String
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
                sql: "SELECT id, current_version_id FROM agents WHERE environment_id = ? AND name = ?"
            ),
            arguments: [environmentID, event.agentName]
        )
        if let row { return Current(agentID: row[0], versionID: row[1]) }
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
            sql: "INSERT INTO agent_versions (id, agent_id, hash, metadata, created_at) VALUES (?, ?, ?, ?, ?)",
            arguments: [versionID, owner, hash, String(decoding: definition.canonicalJSON, as: UTF8.self), now]
        )
        return AgentRegistration(agentID: owner, agentVersionID: versionID, isNew: true, versionHash: hash)
    }
}
