import GRDB

extension SQLiteStore {
    /// Whether any key is known, so that none has to be made.
    package func hasKeys() async throws -> Bool {
        try await pool.read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM api_keys)") ?? false }
    }

    /// The id of the environment that the operator's variables are for; it is created where it is missing.
    package func homeEnvironment() async throws -> String {
        try await write { try TenantRows.environment(.home, $0).id }
    }

    /// Writes in one transaction; what goes wrong is the database's fault.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch is DatabaseError {
            throw StoreError(.unavailable, "The database cannot be written now.")
        }
    }
}

extension Database {
    /// The id of an environment that exists.
    func environmentID(_ name: EnvironmentName) throws -> String {
        let id = try String.fetchOne(
            self,
            sql: """
                SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id
                WHERE p.name = ? AND e.name = ?
                """,
            arguments: [name.project, name.environment]
        )
        guard let id else {
            throw StoreError(
                .unknownEnvironment,
                name == .home
                    ? "The store has no environment yet; start the service once."
                    : "There is no environment '\(name.environment)' in a project '\(name.project)'."
            )
        }
        return id
    }
}
