package import Logging

extension DatabaseStore {
    /// Opens a database of a PostgreSQL server, making its tables or bringing them up to date. Many nodes may share one.
    ///
    /// - Parameter url: an address as libpq takes it: `postgres://user@host,host/database?…`.
    /// - Throws: `StoreError` with a message for the operator, in which no password stands.
    package static func open(
        postgres url: String,
        limits: AppendLimits = AppendLimits(),
        encryption: EncryptionKey? = nil,
        logger: Logger = Logger(label: "whyops.store")
    ) async throws -> DatabaseStore {
        let server = PostgresServer(url: url)
        do {
            try await PostgresLane(server).run(.migration(server.limits), until: .now + server.limits.looking) {
                try PostgresSchema.migrate($0)
            }
            let store = DatabaseStore(
                pool: PostgresPool(server),
                limits: limits,
                encryption: encryption,
                logger: logger
            )
            try await store.pruneLinks()
            return store
        } catch let error as DatabaseError {
            throw StoreError(.unavailable, "The database cannot be opened: \(error.message)")
        }
    }

    /// The address without what is nobody's business.
    package static func nameOfPostgres(_ url: String) -> String { PostgresAddress(url)?.name ?? "postgres" }

    /// Whether an address holds a password, or may hold one.
    package static func postgresHoldsPassword(_ url: String) -> Bool { PostgresAddress(url)?.holdsPassword ?? true }
}
