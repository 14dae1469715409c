import FoundationEssentials
import GRDB
package import WhyOps

extension SQLiteStore {
    package func signingKeys(tenant: Tenant) async throws -> [SigningKey] {
        let known = try await read { try $0.signingKeys(tenant.environmentID, encryption).keys($0) }
        if !known.isEmpty { return known }
        return try await write { database in
            let rows = database.signingKeys(tenant.environmentID, encryption)
            // Another process may have been quicker.
            let known = try rows.keys(database)
            return known.isEmpty ? [try rows.make(id: 0, signsFrom: rows.now, database)] : known
        }
    }

    /// Makes sure that every sealed key opens, so that a service does not start with the wrong encryption key.
    package func checkSigningKeys() async throws {
        try await read { database in
            let environments = try String.fetchAll(database, sql: "SELECT DISTINCT environment_id FROM signing_keys")
            for environment in environments { _ = try database.signingKeys(environment, encryption).keys(database) }
        }
    }

    /// What may be told of the default environment's keys.
    package func signingKeyRecords() async throws -> [SigningKeyRecord] {
        try await read { try $0.signingKeys(try $0.defaultEnvironment(), encryption).records($0) }
    }

    /// Adds a key that takes over after `signingKeyDelay`, and says which.
    package func rotateSigningKey() async throws -> UInt8 {
        try await write { database in
            let rows = database.signingKeys(try database.defaultEnvironment(), encryption)
            let taken = Set(try rows.records(database).map(\.id))
            if taken.isEmpty {
                try rows.make(id: 0, signsFrom: rows.now, database)
                return 0
            }
            guard let free = (UInt8(0)...15).first(where: { !taken.contains($0) }) else {
                throw StoreError(.keyLimit, "There are 16 signing keys already; retire one first.")
            }
            try rows.make(id: free, signsFrom: rows.now + signingKeyDelay, database)
            return free
        }
    }

    /// Forgets a key: what it signed is no longer believed.
    package func retireSigningKey(_ id: UInt8) async throws {
        try await write { database in
            let environment = try database.defaultEnvironment()
            let records = try database.signingKeys(environment, encryption).records(database)
            guard let record = records.first(where: { $0.id == id }) else {
                throw StoreError(.unknownKey, "There is no signing key \(id).")
            }
            guard !record.isActive else {
                throw StoreError(.keyInUse, "Signing key \(id) signs now; rotate first, and retire it after that.")
            }
            try database.execute(
                sql: "DELETE FROM signing_keys WHERE environment_id = ? AND id = ?",
                arguments: [environment, id]
            )
        }
    }

    private func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch is DatabaseError {
            throw StoreError(.unavailable, "The database cannot be written now.")
        }
    }
}

extension Database {
    fileprivate func signingKeys(_ environmentID: String, _ encryption: EncryptionKey?) -> SigningKeyRows {
        SigningKeyRows(encryption: encryption, environmentID: environmentID, now: Date().timeIntervalSince1970)
    }

    fileprivate func defaultEnvironment() throws -> String {
        let id = try String.fetchOne(
            self,
            sql: """
                SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id
                WHERE p.name = 'default' AND e.name = 'PRODUCTION'
                """
        )
        guard let id else {
            throw StoreError(.unknownKey, "The store has no environment yet; start the service once.")
        }
        return id
    }
}
