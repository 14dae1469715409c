/// Looks stores over where they are, whatever engine runs them (STO-40).
package enum StoreInspection {
    /// Of a file; nothing in it changes, and services go on using it.
    package static func check(
        path: String,
        onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) async throws -> StoreReport {
        let file = try SQLiteFile(path: path, isReadOnly: true)
        let report = try await file.check(onProgress: onProgress)
        try file.close()
        return report
    }

    /// Of a server; the tables are not brought up to date.
    package static func check(
        postgres url: String,
        onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) async throws -> StoreReport {
        let pool = PostgresPool(PostgresServer(url: url), readers: 1)
        do {
            let report = try await check(pool, onProgress)
            try await pool.close()
            return report
        } catch {
            try? await pool.close()
            guard let error = error as? DatabaseError else { throw error }
            throw StoreError(.unavailable, "The database cannot be read: \(error.message)")
        }
    }

    private static func check(
        _ pool: PostgresPool,
        _ onProgress: @escaping @Sendable (StoreProgress) -> Void
    ) async throws -> StoreReport {
        let done = try await pool.read { database in
            try Bool.fetchOne(database, sql: "SELECT to_regclass('whyops_migrations') IS NULL") == true
                ? [] : try String.fetchAll(database, sql: "SELECT name FROM whyops_migrations")
        }
        let known = PostgresSchema.migrations.map(\.name)
        guard let last = known.last(where: { done.contains($0) }) else {
            throw StoreError(.unavailable, "The database has no tables of a store of WhyOps.")
        }
        guard Set(done).isSubset(of: known) else {
            throw StoreError(
                .newerDatabase,
                "The database was written by a later version of this program. Use that version."
            )
        }
        var report = StoreReport(engine: "postgresql", version: last, isCurrent: done.count == known.count)
        guard report.isCurrent else { return report }
        try await StoreCheck { try await pool.read($0) }.run(into: &report, onProgress: onProgress)
        return report
    }
}
