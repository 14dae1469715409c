import FoundationEssentials
import WhyOps

extension DatabaseStore {
    package func access(keyHash: String) async throws -> KeyAccess {
        try await read { try TenantRows.access(keyHash: keyHash, at: Date().timeIntervalSince1970, $0) }
    }

    package func noteUse(ofKey keyID: String, at moment: Double) async throws {
        try await writeAnyTime {
            try $0.execute(
                sql:
                    "UPDATE api_keys SET last_used_at = ?1 WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)",
                arguments: [moment, keyID]
            )
        }
    }

    /// The tenant of a key that is let in; `nil` for any other.
    package func tenant(forKey key: String) async throws -> Tenant? {
        guard case .granted(let grant) = try await access(keyHash: SHA256.hex(of: Array(key.utf8))) else { return nil }
        return grant.tenant
    }

    /// Whether any key is known, so that none has to be made.
    package func hasKeys() async throws -> Bool {
        try await pool.read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM api_keys)") ?? false }
    }

    // MARK: Managing

    /// Makes a key for an environment and gives it away: it is not stored, only its SHA-256 is.
    package func createKey(_ new: NewKey, in environment: EnvironmentName) async throws -> (
        key: String, record: KeyRecord
    ) {
        let key = APIKey.fresh()
        let record = try await write { database in
            let environmentID = try database.environmentID(environment)
            let isTaken = try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM api_keys
                        WHERE environment_id = ? AND name = ? AND revoked_at IS NULL AND replaced_by IS NULL
                    )
                    """,
                arguments: [environmentID, new.name]
            )
            if isTaken == true {
                throw StoreError(.nameTaken, "There is a key named '\(new.name)' in this environment already.")
            }
            let id = try TenantRows.insertKey(key, new, environmentID: environmentID, database)
            return try TenantRows.keys("k.id = ?", [id], database).first
        }
        guard let record else { throw StoreError(.unavailable, "The key that was made cannot be read.") }
        return (key, record)
    }

    /// The keys of one environment, or of all, in the order in which they were made.
    package func keyRecords(in environment: EnvironmentName?) async throws -> [KeyRecord] {
        try await read { database in
            guard let environment else { return try TenantRows.keys("TRUE", [], database) }
            return try TenantRows.keys("e.id = ?", [try database.environmentID(environment)], database)
        }
    }

    /// Ends a key now; by its name, also those in whose place it stands and which still go on (PRX-135).
    ///
    /// - Parameter selector: the key's id, its name or how it begins; it must fit one key, or be the name of all that it fits.
    /// - Returns: what was revoked, the key that was named first, and which keys of that name still let requests in.
    package func revokeKey(
        _ selector: String,
        in environment: EnvironmentName
    ) async throws -> (revoked: [KeyRecord], left: [KeyRecord]) {
        try await write { database in
            let environmentID = try database.environmentID(environment)
            let now = Date().timeIntervalSince1970
            func find(_ condition: String, _ text: String) throws -> [KeyRecord] {
                try TenantRows.keys(
                    "e.id = ?1 AND k.revoked_at IS NULL AND (\(condition))",
                    [environmentID, text],
                    database
                )
            }
            let fitting = try find("k.id = ?2 OR k.name = ?2 OR (k.prefix <> '' AND k.prefix = ?2)", selector)
            guard let last = fitting.last else { throw TenantRows.noKey(selector) }
            guard fitting.count == 1 || fitting.allSatisfy({ $0.name == selector }) else {
                throw TenantRows.severalKeys(selector, fitting.count)
            }
            for key in fitting {
                try database.execute(
                    sql: "UPDATE api_keys SET revoked_at = ? WHERE id = ?",
                    arguments: [now, key.id]
                )
            }
            // The newest is last, and those before it that have ended by themselves are no news.
            let ended = fitting.filter { $0.id == last.id || $0.isOpen(at: now) }.reversed()
            return (
                revoked: try ended.map { try TenantRows.keys("k.id = ?", [$0.id], database).first ?? $0 },
                left: try find("k.name = ?2", last.name).filter { $0.isOpen(at: now) }
            )
        }
    }

    /// Makes a key that takes the place of another one: with its name, agent and limit (PRX-132).
    ///
    /// - Parameters:
    ///   - selector: as in `revokeKey`.
    ///   - keptUntil: until when the old one goes on, in seconds since 1970; `nil` ends it now.
    ///   - expiresAt: the end of the new one; `nil` for that of the old one.
    package func rotateKey(
        _ selector: String,
        in environment: EnvironmentName,
        keptUntil: Double? = nil,
        expiresAt: Double? = nil
    ) async throws -> (key: String, record: KeyRecord, old: KeyRecord) {
        let key = APIKey.fresh()
        let found = try await write { database in
            let environmentID = try database.environmentID(environment)
            let old = try TenantRows.key(selector, environmentID: environmentID, database)
            let now = Date().timeIntervalSince1970
            if let end = old.expiresAt, end <= now {
                throw StoreError(.unknownKey, "The key '\(old.name)' has expired; make another with 'keys create'.")
            }
            guard old.replacedBy == nil else {
                throw StoreError(.unknownKey, "Another key has taken the place of '\(selector)' already.")
            }
            var new = NewKey(name: old.name)
            new.agentName = old.agentName
            new.requestsPerMinute = old.requestsPerMinute
            new.expiresAt = expiresAt ?? old.expiresAt
            let id = try TenantRows.insertKey(key, new, environmentID: environmentID, database)
            try database.execute(
                sql: """
                    UPDATE api_keys SET replaced_by = ?1, revoked_at = CASE WHEN CAST(?2 AS DOUBLE PRECISION) IS NULL THEN CAST(?3 AS DOUBLE PRECISION) END,
                    expires_at = CASE WHEN expires_at < ?2 OR ?2 IS NULL THEN expires_at ELSE ?2 END WHERE id = ?4
                    """,
                arguments: [id, keptUntil, now, old.id]
            )
            return (
                new: try TenantRows.keys("k.id = ?", [id], database).first,
                old: try TenantRows.keys("k.id = ?", [old.id], database).first ?? old
            )
        }
        guard let record = found.new else { throw StoreError(.unavailable, "The key that was made cannot be read.") }
        return (key, record, found.old)
    }
}
