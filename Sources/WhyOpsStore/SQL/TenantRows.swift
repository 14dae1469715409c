import WhyOps

/// Projects, environments and keys in the database.
enum TenantRows {
    // MARK: Keys

    /// One row by the key's hash, whatever it is; what it means is decided after (PRX-32).
    static func access(keyHash: String, at now: Double, _ database: Database) throws -> KeyAccess {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT e.project_id, e.id, e.name, k.id, k.agent_name, k.requests_per_minute, k.expires_at, k.revoked_at,
                p.deactivated_at, e.deactivated_at
                FROM api_keys k JOIN environments e ON e.id = k.environment_id JOIN projects p ON p.id = e.project_id
                WHERE k.sha256 = ?
                """,
            arguments: [keyHash]
        )
        guard let row else { return .unknown }
        if let revokedAt = row[7] as Double?, revokedAt <= now { return .revoked }
        let grant = KeyGrant(
            tenant: Tenant(projectID: row[0], environmentID: row[1], environmentName: row[2], keyID: row[3]),
            agentName: row[4],
            requestsPerMinute: row[5],
            expiresAt: row[6],
            signatures: try SignatureRuleRows.rules(environmentID: row[1], database)
        )
        let access = KeyAccess.granted(grant).at(now)
        guard case .granted = access else { return access }
        if row[8] as Double? != nil { return .projectInactive }
        return row[9] as Double? == nil ? access : .environmentInactive
    }

    /// The tenant of a key, whether it is let in or not.
    static func tenant(keyHash: String, _ database: Database) throws -> Tenant? {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT e.project_id, e.id, e.name, k.id FROM api_keys k JOIN environments e ON e.id = k.environment_id
                WHERE k.sha256 = ?
                """,
            arguments: [keyHash]
        )
        return row.map { Tenant(projectID: $0[0], environmentID: $0[1], environmentName: $0[2], keyID: $0[3]) }
    }

    /// Stores the SHA-256 of a key and what belongs to it, and gives the row's id.
    static func insertKey(
        _ key: String,
        _ new: NewKey,
        environmentID: String,
        _ database: Database
    ) throws -> String {
        let id = Identifiers.uuid()
        try database.execute(
            sql: """
                INSERT INTO api_keys (
                    id, sha256, environment_id, name, prefix, agent_name, requests_per_minute, expires_at, created_at
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id, SHA256.hex(of: Array(key.utf8)), environmentID, new.name, APIKey.prefix(of: key), new.agentName,
                new.requestsPerMinute, new.expiresAt, Identifiers.now(),
            ]
        )
        return id
    }

    /// What may be told of the keys that a condition fits.
    static func keys(_ condition: String, _ arguments: [String], _ database: Database) throws -> [KeyRecord] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT k.*, e.name AS environment_name, p.name AS project_name
                FROM api_keys k JOIN environments e ON e.id = k.environment_id JOIN projects p ON p.id = e.project_id
                WHERE \(condition) ORDER BY k.created_at, k.rowid
                """,
            arguments: StatementArguments(arguments)
        )
        return rows.map { row in
            KeyRecord(
                id: row["id"],
                environment: EnvironmentName(project: row["project_name"], environment: row["environment_name"]),
                name: row["name"],
                prefix: row["prefix"],
                agentName: row["agent_name"],
                requestsPerMinute: row["requests_per_minute"],
                replacedBy: row["replaced_by"],
                createdAt: row["created_at"],
                expiresAt: row["expires_at"],
                revokedAt: row["revoked_at"],
                lastUsedAt: row["last_used_at"]
            )
        }
    }

    /// The one key that is not revoked and has this id, this name or this beginning.
    ///
    /// A name is that of the key which took another's place, not of the one that goes on beside it for a while.
    static func key(_ selector: String, environmentID: String, _ database: Database) throws -> KeyRecord {
        let found = try keys(
            """
            e.id = ?1 AND k.revoked_at IS NULL AND
            (k.id = ?2 OR (k.name = ?2 AND k.replaced_by IS NULL) OR (k.prefix <> '' AND k.prefix = ?2))
            """,
            [environmentID, selector],
            database
        )
        guard let record = found.first else {
            throw noKey(selector)
        }
        guard found.count == 1 else { throw severalKeys(selector, found.count) }
        return record
    }

    static func noKey(_ selector: String) -> StoreError {
        StoreError(.unknownKey, "There is no key '\(selector)' in this environment that has not been revoked.")
    }

    static func severalKeys(_ selector: String, _ count: Int) -> StoreError {
        StoreError(.unknownKey, "'\(selector)' fits \(count) keys; name one by its id.")
    }

    // MARK: Projects and environments

    /// What the tables that grow know an environment by.
    static func number(ofEnvironment id: String, _ database: Database) throws -> Int {
        let number = try Int.fetchOne(
            database.cachedStatement(sql: "SELECT number FROM environments WHERE id = ?"),
            arguments: [id]
        )
        guard let number else { throw StoreError(.refused, "The environment '\(id)' is not in this store.") }
        return number
    }

    /// The ids of a project and an environment that are created where they are missing.
    static func environment(
        _ name: EnvironmentName,
        _ database: Database
    ) throws -> (projectID: String, id: String) {
        let now = Identifiers.now()
        let projectID = try identifier(
            "SELECT id FROM projects WHERE name = ?",
            [name.project],
            orInsert: "INSERT INTO projects (name, id, created_at) VALUES (?, ?, ?)",
            now,
            database
        )
        let id = try identifier(
            "SELECT id FROM environments WHERE project_id = ? AND name = ?",
            [projectID, name.environment],
            orInsert: """
                INSERT INTO environments (project_id, name, id, created_at, number)
                VALUES (?, ?, ?, ?, (SELECT coalesce(max(number), 0) + 1 FROM environments))
                """,
            now,
            database
        )
        return (projectID, id)
    }

    private static func identifier(
        _ selection: String,
        _ values: [String],
        orInsert insertion: String,
        _ now: String,
        _ database: Database
    ) throws -> String {
        if let id = try String.fetchOne(database, sql: selection, arguments: StatementArguments(values)) { return id }
        let id = Identifiers.uuid()
        try database.execute(sql: insertion, arguments: StatementArguments(values + [id, now]))
        return id
    }
}
