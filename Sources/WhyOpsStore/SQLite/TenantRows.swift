import GRDB

/// Projects, environments and keys in the database.
enum TenantRows {
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

    static func create(keyHash: String, in environment: EnvironmentName, _ database: Database) throws -> Tenant {
        let (projectID, id) = try self.environment(environment, database)
        let keyID = Identifiers.uuid()
        try database.execute(
            sql: "INSERT INTO api_keys (id, sha256, environment_id, created_at) VALUES (?, ?, ?, ?)",
            arguments: [keyID, keyHash, id, Identifiers.now()]
        )
        return Tenant(projectID: projectID, environmentID: id, environmentName: environment.environment, keyID: keyID)
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
            orInsert: "INSERT INTO environments (project_id, name, id, created_at) VALUES (?, ?, ?, ?)",
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
