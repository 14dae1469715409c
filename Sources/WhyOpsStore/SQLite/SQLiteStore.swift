import Dispatch
import GRDB
package import Logging
import Synchronization
package import WhyOps

/// The default store: one SQLite file, in WAL mode, with one writer and any number of readers.
///
/// Several processes may open the same file.
package final class SQLiteStore: IngestStore {
    let pool: DatabasePool
    let queue: AppendQueue
    /// What secrets are sealed with; without it they lie open in the file.
    let encryption: EncryptionKey?
    private let logger: Logger

    /// When old links were looked for last.
    let pruned = Mutex(ContinuousClock.now)

    private init(pool: DatabasePool, limits: AppendLimits, encryption: EncryptionKey?, logger: Logger) {
        self.pool = pool
        self.queue = AppendQueue(pool: pool, limits: limits)
        self.encryption = encryption
        self.logger = logger
    }

    /// Opens a database file, creating it or bringing its tables up to date.
    ///
    /// - Throws: `StoreError` with a message for the operator.
    package static func open(
        path: String,
        limits: AppendLimits = AppendLimits(),
        encryption: EncryptionKey? = nil,
        logger: Logger = Logger(label: "whyops.store")
    ) async throws -> SQLiteStore {
        // Another process may be opening the same new file: creating tables and entering WAL mode wait for each other,
        // but can both still fail as busy.
        var attempt = 0
        while true {
            do {
                let store = SQLiteStore(
                    pool: try openPool(path: path),
                    limits: limits,
                    encryption: encryption,
                    logger: logger
                )
                try await store.pruneLinks()
                return store
            } catch let error as StoreError {
                throw error
            } catch let error as DatabaseError
                where attempt < 20
                && [.SQLITE_BUSY, .SQLITE_CONSTRAINT, .SQLITE_ERROR].contains(error.resultCode)
            {
                attempt += 1
                try await Task.sleep(for: .milliseconds(50))
            } catch {
                throw StoreError(.unavailable, "The database cannot be opened: \(error)")
            }
        }
    }

    private static func openPool(path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        configuration.label = "whyops.store"
        let pool = try DatabasePool(path: path, configuration: configuration)
        let migrator = Schema.migrator
        if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
            throw StoreError(
                .newerDatabase,
                "The database was written by a later version of this program. Use that version, or another file."
            )
        }
        try migrator.migrate(pool)
        try pool.writeWithoutTransaction { database in
            // Only here: while it opens, the pool itself sets NORMAL, under which a commit can be lost with the power
            // (EVT-17). On Apple systems a plain fsync leaves the drive's cache alone.
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON")
            // What is deleted or sealed must not go on lying in a free page.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            // The writer's own: room for the pages of one large transaction, and for those of the indexes that every event
            // touches; and pages that change often go from the log to the file once for many commits.
            try database.execute(sql: "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000")
        }
        return pool
    }

    // MARK: Tenants

    /// Makes sure that a key is known, in a project and an environment that are created where they are missing.
    ///
    /// Only the key's SHA-256 is stored. A key that is known already stays where it is and as it is, revoked or not.
    @discardableResult
    package func bootstrapKey(
        _ key: String,
        project: String = "default",
        environment: String = "PRODUCTION"
    ) async throws -> Tenant {
        let hash = SHA256.hex(of: Array(key.utf8))
        return try await pool.write { database in
            if let tenant = try TenantRows.tenant(keyHash: hash, database) { return tenant }
            let name = EnvironmentName(project: project, environment: environment)
            let (projectID, id) = try TenantRows.environment(name, database)
            let keyID = try TenantRows.insertKey(key, NewKey(name: "WHYOPS_API_KEY"), environmentID: id, database)
            return Tenant(projectID: projectID, environmentID: id, environmentName: environment, keyID: keyID)
        }
    }

    // MARK: Writing

    package func append(_ events: [Event], links: [StitchLink], tenant: Tenant) async throws -> [AppendResult] {
        if events.isEmpty, links.isEmpty { return [] }
        if !links.isEmpty { try await pruneLinksNowAndThen() }
        return try await queue.append(PreparedAppend(events, links: links, tenant: tenant))
    }

    package func append(_ events: [Event], options: AppendOptions, tenant: Tenant) async throws -> [AppendResult] {
        if events.isEmpty, options == AppendOptions() { return [] }
        return try await queue.append(PreparedAppend(events, options: options, tenant: tenant))
    }

    package func registerAgent(
        _ request: AgentRegistrationRequest,
        tenant: Tenant
    ) async throws -> AgentRegistration {
        do {
            return try await pool.write { database in
                try AgentRows.register(
                    name: request.agentName,
                    definition: request.definition,
                    environmentID: tenant.environmentID,
                    now: Identifiers.now(),
                    database
                )
            }
        } catch let error as DatabaseError {
            logger.error("registering an agent failed", metadata: ["code": "\(error.extendedResultCode)"])
            throw StoreError(.unavailable, "The database cannot be written now.")
        }
    }

    // MARK: Reading

    /// Reads from a snapshot; what goes wrong is the database's fault, never the caller's.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            logger.error("reading failed", metadata: ["code": "\(error.extendedResultCode)"])
            throw StoreError(.unavailable, "The database cannot be read now.")
        }
    }

    // MARK: Life

    package func isHealthy() async -> Bool {
        do {
            return try await pool.read { try Int.fetchOne($0, sql: "SELECT 1 FROM sqlite_schema LIMIT 1") } == 1
        } catch {
            return false
        }
    }

    package func close() async throws {
        await queue.close()
        // It waits for whoever reads, so it must not take one of the few threads that those may need to come to an end.
        let closing = await withCheckedContinuation { continuation in
            DispatchQueue(label: "whyops.store.closing").async { [pool] in
                continuation.resume(returning: Result { try pool.close() })
            }
        }
        do {
            try closing.get()
        } catch {
            throw StoreError(.unavailable, "The database cannot be closed: \(error)")
        }
    }
}
