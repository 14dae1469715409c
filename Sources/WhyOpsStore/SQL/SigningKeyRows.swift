import FoundationEssentials
import WhyOps

/// The signing keys of one environment in the database (SIG-40).
struct SigningKeyRows {
    let encryption: EncryptionKey?
    let environmentID: String
    /// Seconds since 1970.
    let now: Double

    /// The keys that open, the one that signs first, and the numbers of the others (PRX-27).
    func keys(_ database: Database) throws -> StoredSigningKeys {
        var keys: [SigningKey] = []
        var unopened: [UInt8] = []
        for row in try rows(database) {
            if let key = key(row) { keys.append(key) } else { unopened.append(row["id"]) }
        }
        return StoredSigningKeys(keys: keys, unopened: unopened)
    }

    /// What may be told of the keys, in the same order.
    func records(_ database: Database) throws -> [SigningKeyRecord] {
        var hasActive = false
        return try rows(database).map { row in
            let opens = key(row) != nil
            defer { hasActive = hasActive || opens }
            return SigningKeyRecord(
                id: row["id"],
                createdAt: row["created_at"],
                isActive: opens && !hasActive,
                signsFrom: row["signs_from"],
                isSealed: row["is_sealed"],
                sealedBy: row["sealed_by"],
                opens: opens
            )
        }
    }

    /// Adds a key that signs from `signsFrom` on.
    @discardableResult
    func make(id: UInt8, signsFrom: Double, _ database: Database) throws -> SigningKey {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<SigningKey.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try database.execute(
            sql: """
                INSERT INTO signing_keys (environment_id, id, secret, is_sealed, sealed_by, signs_from, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                environmentID, id, try encryption?.seal(secret, place: place(id)) ?? secret, encryption != nil,
                encryption?.id, signsFrom, Identifiers.now(),
            ]
        )
        guard let key = SigningKey(id: id, bytes: secret) else {
            throw StoreError(.keyLimit, "A signing key has a number from 0 to 15.")
        }
        return key
    }

    /// Seals the keys that lie open, and says how many (PRX-31).
    func seal(_ database: Database) throws -> Int {
        guard let encryption else { return 0 }
        let open = try rows(database).filter { !$0["is_sealed"] }
        for row in open { try seal(row["secret"], as: row["id"], encryption, database) }
        return open.count
    }

    /// Seals the keys that lie under another encryption key, and says how many (PRX-133).
    ///
    /// Those that lie open are none of its business: only a proxy that starts takes them (PRX-31).
    func reseal(with encryption: EncryptionKey, _ database: Database) throws -> Int {
        let others = try rows(database).filter { $0["is_sealed"] && $0["sealed_by"] as String? != encryption.id }
        for row in others {
            let id: UInt8 = row["id"]
            guard let secret = encryption.open(row["secret"], place: place(id)) else {
                let name = try database.environmentName(environmentID)
                let other = (row["sealed_by"] as String?).map { " \($0)" } ?? ""
                throw StoreError(
                    .sealed,
                    "Signing key \(id) of \(name.project)/\(name.environment) was sealed with another encryption key"
                        + "\(other); nothing was changed. Give that one as the old key, or retire the signing key."
                )
            }
            try seal(secret, as: id, encryption, database)
        }
        return others.count
    }

    private func seal(_ secret: [UInt8], as id: UInt8, _ encryption: EncryptionKey, _ database: Database) throws {
        try database.execute(
            sql:
                "UPDATE signing_keys SET secret = ?, is_sealed = TRUE, sealed_by = ? WHERE environment_id = ? AND id = ?",
            arguments: [try encryption.seal(secret, place: place(id)), encryption.id, environmentID, id]
        )
    }

    /// Those that sign already from the newest on, then those that will.
    private func rows(_ database: Database) throws -> [Row] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, secret, is_sealed, sealed_by, signs_from, created_at FROM signing_keys WHERE environment_id = ?
                ORDER BY signs_from <= ? DESC, signs_from DESC, id DESC
                """,
            arguments: [environmentID, now]
        )
    }

    private func key(_ row: Row) -> SigningKey? {
        let id: UInt8 = row["id"]
        let stored: [UInt8] = row["secret"]
        if row["is_sealed"] {
            return encryption?.open(stored, place: place(id)).flatMap { SigningKey(id: id, bytes: $0) }
        }
        // Who can write the file but does not have the encryption key must not be able to add a key.
        return encryption == nil ? SigningKey(id: id, bytes: stored) : nil
    }

    private func place(_ id: UInt8) -> String { "signing-key/\(environmentID)/\(id)" }
}
