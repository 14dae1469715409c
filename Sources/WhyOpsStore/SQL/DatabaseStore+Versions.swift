import WhyOps

extension DatabaseStore {
    package func versions(of agentID: String, parts: EventParts, tenant: Tenant) async throws -> [StoredVersion] {
        try await read(for: tenant) { database in
            var versions = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(VersionRow.columns) FROM agents a JOIN agent_versions v ON v.agent_id = a.id
                    WHERE a.id = ? AND a.environment_id = ? AND a.deleted_at IS NULL
                    ORDER BY v.created_at DESC, v.rowid DESC
                    """,
                arguments: [agentID, tenant.environmentID]
            ).map { try VersionRow.version($0, from: 0, database) }
            if parts.contains(.metadata) {
                var room = DefinitionRoom(database)
                for place in versions.indices { versions[place].metadata = try room.definition(of: versions[place].id) }
            }
            return versions
        }
    }

    package func version(id: String, tenant: Tenant) async throws -> StoredVersion? {
        try await read(for: tenant) { database in
            var version = try VersionRow.find(id, tenant: tenant, database)
            version?.metadata = try VersionRow.definition(of: id, database)
            return version
        }
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

/// The definitions that one list has room for (ING-116): each may be megabytes.
struct DefinitionRoom {
    /// Bytes of definitions in one list.
    static let limit = 16 << 20

    private let database: Database
    private var taken = 0
    /// Lists repeat a definition for each thread of its version; it is held once.
    private var known: [String: [UInt8]] = [:]

    init(_ database: Database) {
        self.database = database
    }

    /// A version's definition; `nil` where the list has no room for it.
    mutating func definition(of versionID: String) throws -> [UInt8]? {
        guard taken < Self.limit else { return nil }
        let found = try known[versionID] ?? VersionRow.definition(of: versionID, database)
        guard let found, taken + found.count <= Self.limit else { return nil }
        taken += found.count
        known[versionID] = found
        return found
    }
}

/// A version's columns, with its agent as `a` and itself as `v`.
enum VersionRow {
    static let columns = """
        v.id, a.id, a.name, v.hash, v.definition_hash, v.sampling_rate, v.id = a.current_version_id, v.created_at,
        coalesce(v.updated_at, v.created_at)
        """

    /// Reads a row that has `columns` from a place on, without the definition.
    static func version(_ row: Row, from start: Int, _ database: Database) throws -> StoredVersion {
        let id: String = row[start]
        let known: String? = row[start + 4]
        // What was stored before the hash was kept beside it.
        let hash = try known ?? (definition(of: id, database).flatMap { definitionHash(of: $0) } ?? "")
        return StoredVersion(
            id: id,
            agentID: row[start + 1],
            agentName: row[start + 2],
            hash: row[start + 3],
            definitionHash: hash.isEmpty ? nil : hash,
            metadata: nil,
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
        ).map { try version($0, from: 0, database) }
    }

    static func definition(of id: String, _ database: Database) throws -> [UInt8]? {
        try String.fetchOne(
            database,
            sql: "SELECT metadata FROM agent_versions WHERE id = ?",
            arguments: [id]
        ).map { Array($0.utf8) }
    }

    /// The hash of a definition's normal form (AGT-23); `nil` for what is none.
    static func definitionHash(of text: [UInt8]) -> String? {
        guard let root = try? JSONDocument(text).root, let definition = try? AgentDefinition(root) else { return nil }
        return try? DefinitionHash(definition).text
    }
}
