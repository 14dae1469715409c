extension DatabaseStore {
    package func versions(of agentID: String, tenant: Tenant) async throws -> [StoredVersion] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(VersionRow.columns) FROM agents a JOIN agent_versions v ON v.agent_id = a.id
                    WHERE a.id = ? AND a.environment_id = ? AND a.deleted_at IS NULL
                    ORDER BY v.created_at DESC, v.rowid DESC
                    """,
                arguments: [agentID, tenant.environmentID]
            ).map { VersionRow.version($0, from: 0) }
        }
    }

    package func version(id: String, tenant: Tenant) async throws -> StoredVersion? {
        try await read { try VersionRow.find(id, tenant: tenant, $0) }
    }

    package func activateVersion(
        _ id: String,
        of agentID: String,
        tenant: Tenant
    ) async throws -> StoredVersion? {
        try await write { database in
            guard let wanted = try VersionRow.find(id, tenant: tenant, database), wanted.agentID == agentID,
                let currentID = try String.fetchOne(
                    database,
                    sql: "SELECT current_version_id FROM agents WHERE id = ?",
                    arguments: [agentID]
                ),
                let current = try VersionRow.find(currentID, tenant: tenant, database)
            else { return nil }
            try database.execute(
                sql: """
                    UPDATE agents SET current_version_id = ?1, updated_at = ?2 WHERE id = ?3 AND current_version_id <> ?1
                    """,
                arguments: [id, Identifiers.now(), agentID]
            )
            return current
        }
    }
}

/// A version's columns, with its agent as `a` and itself as `v`.
enum VersionRow {
    static let columns = """
        v.id, a.id, a.name, v.hash, v.metadata, v.sampling_rate, v.id = a.current_version_id, v.created_at,
        coalesce(v.updated_at, v.created_at)
        """

    /// Reads a row that has `columns` from a place on.
    static func version(_ row: Row, from start: Int) -> StoredVersion {
        let metadata: String = row[start + 4]
        return StoredVersion(
            id: row[start],
            agentID: row[start + 1],
            agentName: row[start + 2],
            hash: row[start + 3],
            metadata: Array(metadata.utf8),
            samplingRate: row[start + 5],
            isCurrent: row[start + 6],
            createdAt: row[start + 7],
            updatedAt: row[start + 8]
        )
    }

    static func find(_ id: String, tenant: Tenant, _ database: Database) throws -> StoredVersion? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT \(columns) FROM agent_versions v JOIN agents a ON a.id = v.agent_id
                WHERE v.id = ? AND a.environment_id = ? AND a.deleted_at IS NULL
                """,
            arguments: [id, tenant.environmentID]
        ).map { version($0, from: 0) }
    }
}
