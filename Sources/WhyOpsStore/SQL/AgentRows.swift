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
                    WHERE a.environment_id = ? AND a.name = ?\(database.dialect.keepingName)
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
            definition: DefinitionLimits.definition(observedIn: event),
            environmentID: environmentID,
            now: now,
            database
        )
        return Current(agentID: registration.agentID, versionID: registration.agentVersionID)
    }

    /// Makes a definition current (AGT-8).
    ///
    /// - Parameter limit: how many agents the environment may have with a new one (ING-109).
    static func register(
        name: String,
        definition: AgentDefinition,
        environmentID: String,
        now: String,
        atMost limit: Int? = nil,
        _ database: Database
    ) throws -> AgentRegistration {
        let hash = definition.versionHash
        let agentID = try String.fetchOne(
            database,
            // Locked, so that there is something to commit also where all is known: what is answered waits for the standbys
            // to have it (STO-2).
            sql: "SELECT a.id FROM agents a WHERE a.environment_id = ? AND a.name = ?\(database.dialect.keepingName)",
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
        if agentID == nil, let limit, try count(environmentID: environmentID, database) >= limit {
            throw StoreError(.agentLimit, "Agent limit reached for environment (max: \(limit))")
        }
        if let agentID, try versionCount(of: agentID, database) >= DefinitionLimits.versions {
            throw StoreError(.versionLimit, "An agent has at most \(DefinitionLimits.versions) versions")
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
                INSERT INTO agent_versions (id, agent_id, hash, metadata, created_at, sampling_rate, definition_hash)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                versionID, owner, hash, String(decoding: definition.canonicalJSON, as: UTF8.self), now, rate ?? 1,
                VersionRow.definitionHash(of: definition.canonicalJSON) ?? "",
            ]
        )
        return AgentRegistration(agentID: owner, agentVersionID: versionID, isNew: true, versionHash: hash)
    }

    private static func versionCount(of agentID: String, _ database: Database) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM agent_versions WHERE agent_id = ?",
            arguments: [agentID]
        ) ?? 0
    }

    private static func count(environmentID: String, _ database: Database) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM agents WHERE environment_id = ? AND deleted_at IS NULL",
            arguments: [environmentID]
        ) ?? 0
    }

    static func exists(_ id: String, environmentID: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: "SELECT 1 FROM agents WHERE id = ? AND environment_id = ? AND deleted_at IS NULL",
            arguments: [id, environmentID]
        ) ?? false
    }

    /// Whether there is an agent, or what its deletion has left.
    static func isDeletable(_ id: String, environmentID: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: """
                SELECT 1 FROM agents a WHERE id = ? AND environment_id = ? AND (deleted_at IS NULL
                OR EXISTS (SELECT 1 FROM agent_versions v WHERE v.agent_id = a.id AND v.hash <> v.id))
                """,
            arguments: [id, environmentID]
        ) ?? false
    }

    /// Makes an agent one that no event finds; its name can be taken anew.
    static func freeName(of id: String, _ database: Database) throws {
        let now = Identifiers.now()
        // Longer than an agent's name may be.
        let name = String(repeating: "-", count: 256) + id
        try database.execute(
            sql: "UPDATE agents SET name = ?, deleted_at = ?, updated_at = ? WHERE id = ? AND deleted_at IS NULL",
            arguments: [name, now, now, id]
        )
    }

    /// Leaves nothing of an agent's versions but ids, and gives their number.
    static func bury(_ id: String, _ database: Database) throws -> Int {
        try database.execute(
            sql: "UPDATE agent_versions SET metadata = '{}', hash = id, definition_hash = '' WHERE agent_id = ?",
            arguments: [id]
        )
        return database.changesCount
    }
}
