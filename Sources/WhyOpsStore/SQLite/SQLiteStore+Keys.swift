import GRDB

extension SQLiteStore {
    /// Whether any key is known, so that none has to be made.
    package func hasKeys() async throws -> Bool {
        try await pool.read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM api_keys)") ?? false }
    }
}
