import FoundationEssentials
import WhyOps

extension DatabaseStore {
    package func providers(environmentID: String) async throws -> [StoredProvider] {
        try await read { try ProviderRows(encryption: encryption, environmentID: environmentID).providers($0) }
    }

    /// What may be told of an environment's providers.
    package func providerRecords(in environment: EnvironmentName) async throws -> [ProviderRecord] {
        try await read { try $0.providers(environment, encryption).providers($0).map(\.record) }
    }

    /// One provider with its credential, to be tried.
    package func provider(_ slug: String, in environment: EnvironmentName) async throws -> StoredProvider {
        let found = try await read { database in
            try database.providers(environment, encryption).providers(database).first { $0.record.slug == slug }
        }
        guard let found else { throw Self.unknown(slug) }
        return found
    }

    /// Adds a provider.
    package func addProvider(_ new: NewProvider, in environment: EnvironmentName) async throws {
        try await write { database in
            let rows = try database.providers(environment, encryption)
            if try rows.providers(database).contains(where: { $0.record.slug == new.slug }) {
                throw StoreError(
                    .nameTaken,
                    "There is a provider '\(new.slug)' in this environment already; remove it first."
                )
            }
            try rows.insert(new, database)
            if new.isDefault { try rows.makeDefault(new.slug, vendor: new.vendor, database) }
        }
    }

    /// Forgets a provider and its credential.
    package func removeProvider(_ slug: String, in environment: EnvironmentName) async throws {
        try await write { database in
            try database.execute(
                sql: "DELETE FROM providers WHERE environment_id = ? AND slug = ?",
                arguments: [try database.environmentID(environment), slug]
            )
            guard database.changesCount > 0 else { throw Self.unknown(slug) }
        }
    }

    /// Makes a provider the one that serves its vendor's requests that name none.
    package func makeProviderDefault(_ slug: String, in environment: EnvironmentName) async throws {
        try await write { database in
            let rows = try database.providers(environment, encryption)
            guard let provider = try rows.providers(database).first(where: { $0.record.slug == slug }) else {
                throw Self.unknown(slug)
            }
            try rows.makeDefault(slug, vendor: provider.record.vendor, database)
        }
    }

    private static func unknown(_ slug: String) -> StoreError {
        StoreError(.unknownProvider, "There is no provider '\(slug)' in this environment.")
    }
}

/// The providers of one environment in the database.
struct ProviderRows {
    let encryption: EncryptionKey?
    let environmentID: String

    /// In the order in which they were added.
    func providers(_ database: Database) throws -> [StoredProvider] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT * FROM providers WHERE environment_id = ? ORDER BY created_at, slug",
            arguments: [environmentID]
        )
        if rows.isEmpty { return [] }
        let environment = try database.environmentName(environmentID)
        return rows.compactMap { row in
            // A vendor of a later version is none that this one can speak to.
            guard let vendor = Vendor(rawValue: row["vendor"]) else { return nil }
            let slug: String = row["slug"]
            let baseURL: String = row["base_url"]
            let sealed = row["credential"] as [UInt8]?
            let credential: ProviderRecord.Credential =
                if sealed != nil { .sealed } else {
                    (row["credential_variable"] as String?).map { .variable($0) } ?? .none
                }
            let record = ProviderRecord(
                slug: slug,
                vendor: vendor,
                baseURL: baseURL,
                credential: credential,
                sealedBy: row["sealed_by"],
                isWhyOps: row["is_whyops"],
                isDefault: row["is_default"],
                createdAt: row["created_at"]
            )
            let secret = sealed.flatMap { encryption?.open($0, place: place(slug, baseURL)) }
            return StoredProvider(
                record: record,
                secret: secret.map { String(decoding: $0, as: UTF8.self) },
                environment: environment
            )
        }
    }

    func insert(_ new: NewProvider, _ database: Database) throws {
        var sealed: [UInt8]?
        var variable: String?
        switch new.credential {
        case .none: break
        case .variable(let name): variable = name
        case .secret(let secret):
            guard let encryption else {
                throw StoreError(
                    .sealed,
                    "A credential is kept only under WHYOPS_ENCRYPTION_KEY, 32 bytes as Base64 ('openssl rand -base64 "
                        + "32' makes one). Set it here and for the proxies, or keep the credential in a variable of "
                        + "theirs and name that: --credential env:NAME."
                )
            }
            sealed = try encryption.seal(Array(secret.utf8), place: place(new.slug, new.baseURL))
        }
        try database.execute(
            sql: """
                INSERT INTO providers (
                    environment_id, slug, vendor, base_url, credential, sealed_by, credential_variable, is_whyops,
                    is_default, created_at
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?)
                """,
            arguments: [
                environmentID, new.slug, new.vendor.rawValue, new.baseURL, sealed,
                sealed == nil ? nil : encryption?.id, variable, new.isWhyOps, Identifiers.now(),
            ]
        )
    }

    /// Seals the credentials that lie under another encryption key, and says how many (PRX-133).
    func reseal(with encryption: EncryptionKey, _ database: Database) throws -> Int {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT slug, base_url, credential, sealed_by FROM providers
                WHERE environment_id = ? AND credential IS NOT NULL AND sealed_by IS DISTINCT FROM ?
                """,
            arguments: [environmentID, encryption.id]
        )
        for row in rows {
            let slug: String = row["slug"]
            let place = place(slug, row["base_url"])
            guard let secret = encryption.open(row["credential"], place: place) else {
                let name = try database.environmentName(environmentID)
                let id = (row["sealed_by"] as String?).map { " \($0)" } ?? ""
                throw StoreError(
                    .sealed,
                    "The credential of the provider '\(slug)' of \(name.project)/\(name.environment) was sealed with "
                        + "another encryption key\(id); nothing was changed. Give that one as the old key, or remove "
                        + "the provider."
                )
            }
            try database.execute(
                sql: "UPDATE providers SET credential = ?, sealed_by = ? WHERE environment_id = ? AND slug = ?",
                arguments: [try encryption.seal(secret, place: place), encryption.id, environmentID, slug]
            )
        }
        return rows.count
    }

    func makeDefault(_ slug: String, vendor: Vendor, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE providers SET is_default = FALSE WHERE environment_id = ? AND vendor = ?",
            arguments: [environmentID, vendor.rawValue]
        )
        try database.execute(
            sql: "UPDATE providers SET is_default = TRUE WHERE environment_id = ? AND slug = ?",
            arguments: [environmentID, slug]
        )
    }

    /// A credential opens for its own address only: whoever can change a row of the file cannot have it sent elsewhere.
    private func place(_ slug: String, _ baseURL: String) -> String { "provider/\(environmentID)/\(slug)/\(baseURL)" }
}

extension Database {
    fileprivate func providers(_ environment: EnvironmentName, _ encryption: EncryptionKey?) throws -> ProviderRows {
        ProviderRows(encryption: encryption, environmentID: try environmentID(environment))
    }
}
