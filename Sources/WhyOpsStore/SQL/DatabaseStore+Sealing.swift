import FoundationEssentials

extension DatabaseStore {
    /// Seals every secret that lies under another encryption key with the one at hand, all of them or none (PRX-133).
    ///
    /// - Returns: how many there were.
    /// - Throws: `StoreError.sealed` where one of them opens with neither the key nor the former one.
    package func resealSecrets() async throws -> Int {
        guard let encryption else {
            throw StoreError(.sealed, "Set WHYOPS_ENCRYPTION_KEY to the key that the secrets are to be sealed with.")
        }
        let count = try await write { database in
            let now = Date().timeIntervalSince1970
            var count = 0
            for id in try String.fetchAll(database, sql: "SELECT id FROM environments") {
                count += try ProviderRows(encryption: encryption, environmentID: id).reseal(with: encryption, database)
                let keys = SigningKeyRows(encryption: encryption, environmentID: id, now: now)
                count += try keys.reseal(with: encryption, database)
            }
            return count
        }
        await pool.forgetWhatWasWritten()
        return count
    }
}
