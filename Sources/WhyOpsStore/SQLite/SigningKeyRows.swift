import FoundationEssentials
import GRDB
import WhyOps

/// The signing keys of environments in the database (SIG-40).
struct SigningKeyRows {
    let encryption: EncryptionKey?
    let environmentID: String
    /// Seconds since 1970.
    let now: Double

    /// The keys, the one that signs first.
    func keys(_ database: Database) throws -> [SigningKey] {
        try rows(database).map { row in
            let id: UInt8 = row["id"]
            guard let secret = secret(row, id), let key = SigningKey(id: id, bytes: secret) else {
                throw StoreError(
                    .sealed,
                    "Signing key \(id) of the store does not open: start with the WHYOPS_ENCRYPTION_KEY that it was "
                        + "sealed with."
                )
            }
            return key
        }
    }

    /// What may be told of the keys, in the same order.
    func records(_ database: Database) throws -> [SigningKeyRecord] {
        try rows(database).enumerated().map { index, row in
            SigningKeyRecord(
                id: row["id"],
                createdAt: row["created_at"],
                isActive: index == 0,
                signsFrom: row["signs_from"],
                isSealed: row["is_sealed"]
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
                INSERT INTO signing_keys (environment_id, id, secret, is_sealed, signs_from, created_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                environmentID, id, Data(try encryption?.seal(secret, place: place(id)) ?? secret), encryption != nil,
                signsFrom, Identifiers.now(),
            ]
        )
        guard let key = SigningKey(id: id, bytes: secret) else {
            throw StoreError(.keyLimit, "A signing key has a number from 0 to 15.")
        }
        return key
    }

    /// Those that sign already from the newest on, then those that will.
    private func rows(_ database: Database) throws -> [Row] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, secret, is_sealed, signs_from, created_at FROM signing_keys WHERE environment_id = ?
                ORDER BY signs_from <= ? DESC, signs_from DESC, id DESC
                """,
            arguments: [environmentID, now]
        )
    }

    private func secret(_ row: Row, _ id: UInt8) -> [UInt8]? {
        let stored = [UInt8](row["secret"] as Data)
        guard row["is_sealed"] else { return stored }
        return encryption?.open(stored, place: place(id))
    }

    private func place(_ id: UInt8) -> String { "signing-key/\(environmentID)/\(id)" }
}
