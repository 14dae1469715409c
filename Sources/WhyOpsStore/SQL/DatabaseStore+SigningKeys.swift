import FoundationEssentials
package import WhyOps

extension DatabaseStore {
    package func signingKeys(tenant: Tenant, makesFirst: Bool = true) async throws -> StoredSigningKeys {
        let known = try await read { try $0.signingKeys(tenant.environmentID, encryption).keys($0) }
        if !makesFirst || !known.keys.isEmpty || !known.unopened.isEmpty { return known }
        return try await write { database in
            let rows = database.signingKeys(tenant.environmentID, encryption)
            // Another process may have been quicker.
            let known = try rows.keys(database)
            guard known.keys.isEmpty, known.unopened.isEmpty else { return known }
            return StoredSigningKeys(keys: [try rows.make(id: 0, signsFrom: rows.now, database)])
        }
    }

    /// Makes sure that a proxy can use the keys: all that are sealed open, and those that are not get sealed where there
    /// is an encryption key (PRX-31).
    ///
    /// - Parameter given: keys of the operator's own, whose numbers no other key of the home environment may have
    ///   (PRX-30).
    package func prepareSigningKeys(given: [SigningKey] = []) async throws {
        let home = try await homeEnvironment()
        let sealed = try await write { database in
            let environments = try String.fetchAll(database, sql: "SELECT DISTINCT environment_id FROM signing_keys")
            var sealed = 0
            for environment in environments {
                let rows = database.signingKeys(environment, encryption)
                if let record = try rows.records(database).first(where: { $0.isSealed && !$0.opens }) {
                    // The command goes to the default environment where it is told no other.
                    let name = try database.environmentName(environment)
                    let ids =
                        record.sealedBy.map { " (sealed with the key \($0), here is \(encryption?.id ?? "none"))" }
                        ?? ""
                    let options = " --project '\(name.project)' --environment '\(name.environment)'"
                    throw StoreError(
                        .sealed,
                        "Signing key \(record.id) of the environment '\(name.environment)' of the project "
                            + "'\(name.project)' does not open\(ids): start with the WHYOPS_ENCRYPTION_KEY that it was sealed "
                            + "with. If that is lost, 'whyops keys signing retire \(record.id) --lost\(options)' removes "
                            + "the signing key."
                    )
                }
                sealed += try rows.seal(database)
            }
            let known = try database.signingKeys(home, encryption).keys(database).keys
            for key in given {
                guard let other = known.first(where: { $0.id == key.id }), !other.equals(key) else { continue }
                throw StoreError(
                    .keyConflict,
                    "WHYOPS_SIGNING_KEY gives a key with the number \(key.id), but the store has another key of that "
                        + "number, whose signatures would not be believed any more. Give yours another number."
                )
            }
            return sealed
        }
        if sealed > 0 {
            // What secrets were before must not go on lying in a journal.
            await pool.forgetWhatWasWritten()
        }
    }

    /// What may be told of an environment's keys.
    package func signingKeyRecords(in environment: EnvironmentName = .home) async throws -> [SigningKeyRecord] {
        try await read { try $0.signingKeys(try $0.environmentID(environment), encryption).records($0) }
    }

    /// Adds a key that takes over after `signingKeyDelay`, and says which.
    ///
    /// - Parameter reserved: numbers that it must not get, since keys outside the store have them.
    package func rotateSigningKey(
        in environment: EnvironmentName = .home,
        reserved: Set<UInt8> = []
    ) async throws -> UInt8 {
        try await write { database in
            let rows = database.signingKeys(try database.environmentID(environment), encryption)
            let records = try rows.records(database)
            if let record = records.first(where: { !$0.opens }) {
                // A proxy that opens the others would not open the new one.
                throw StoreError(
                    .sealed,
                    record.isSealed
                        ? "Signing key \(record.id) does not open: set the WHYOPS_ENCRYPTION_KEY that the proxies run with."
                        : "Signing key \(record.id) is not sealed: restart the proxies with WHYOPS_ENCRYPTION_KEY, which "
                            + "seals it, or rotate without that variable."
                )
            }
            let taken = reserved.union(records.map(\.id))
            guard let free = (UInt8(0)...15).first(where: { !taken.contains($0) }) else {
                throw StoreError(.keyLimit, "There are 16 signing keys already; retire one first.")
            }
            try rows.make(id: free, signsFrom: records.isEmpty ? rows.now : rows.now + signingKeyDelay, database)
            return free
        }
    }

    /// Forgets a key: what it signed is no longer believed.
    ///
    /// - Parameter isLost: whether the encryption key that a key was sealed with is gone for good.
    package func retireSigningKey(
        _ id: UInt8,
        in environment: EnvironmentName = .home,
        isLost: Bool = false
    ) async throws {
        try await write { database in
            let environmentID = try database.environmentID(environment)
            let records = try database.signingKeys(environmentID, encryption).records(database)
            guard let record = records.first(where: { $0.id == id }) else {
                throw StoreError(.unknownKey, "There is no signing key \(id).")
            }
            guard !record.isActive else {
                throw StoreError(.keyInUse, "Signing key \(id) signs now; rotate first, and retire it after that.")
            }
            guard record.opens || isLost else {
                throw StoreError(
                    .sealed,
                    "Signing key \(id) does not open here, so it may be the one that signs. Set the "
                        + "WHYOPS_ENCRYPTION_KEY that the proxies run with; if that is lost, say --lost."
                )
            }
            try database.execute(
                sql: "DELETE FROM signing_keys WHERE environment_id = ? AND id = ?",
                arguments: [environmentID, id]
            )
        }
    }
}

extension Database {
    fileprivate func signingKeys(_ environmentID: String, _ encryption: EncryptionKey?) -> SigningKeyRows {
        SigningKeyRows(encryption: encryption, environmentID: environmentID, now: Date().timeIntervalSince1970)
    }
}

extension SigningKey {
    /// Whether both give the same tags; the bytes themselves are not kept.
    fileprivate func equals(_ other: SigningKey) -> Bool {
        TraceID("same").map {
            InvisibleSignature.encodeV2($0, with: self) == InvisibleSignature.encodeV2($0, with: other)
        }
            ?? false
    }
}
