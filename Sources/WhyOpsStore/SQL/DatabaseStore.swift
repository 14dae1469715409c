import Logging
import Synchronization
package import WhyOps

/// The store over a database, whichever engine runs it (STO-1).
package final class DatabaseStore: IngestStore {
    let pool: any ConnectionPool
    let queue: AppendQueue
    let searches: SearchLane
    /// Whose reads run now (ING-117).
    private let readers: FairGate
    /// What secrets are sealed with; without it they lie open in the database.
    let encryption: EncryptionKey?
    private let logger: Logger
    private let limits: AppendLimits

    /// When old links were looked for last.
    let pruned = Mutex(ContinuousClock.now)

    init(
        pool: any ConnectionPool,
        limits: AppendLimits,
        encryption: EncryptionKey?,
        logger: Logger
    ) {
        self.pool = pool
        // One is left for look-ups of keys and of what proxies need.
        self.readers = FairGate(
            total: max(1, pool.readerCount - 1),
            each: max(1, pool.readerCount / 2),
            waitingTotal: 4096,
            waitingEach: 256,
            message: "Too many reads are waiting. Try again in a second."
        )
        self.searches = SearchLane(pool: pool)
        self.queue = AppendQueue(pool: pool, limits: limits)
        self.limits = limits
        self.encryption = encryption
        self.logger = logger
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
        return try await commit { database in
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
        // Old links that stay for another while cost nobody an event.
        if !links.isEmpty { try? await pruneLinksNowAndThen() }
        return try await queue.append(PreparedAppend(events, links: links, tenant: tenant))
    }

    package func append(_ events: [Event], options: AppendOptions, tenant: Tenant) async throws -> [AppendResult] {
        if events.isEmpty, options == AppendOptions() { return [] }
        return try await queue.append(PreparedAppend(events, options: options, tenant: tenant))
    }

    package func append(
        _ items: [PartialItem],
        requestKey: String?,
        tenant: Tenant
    ) async throws -> [AppendResult] {
        if items.isEmpty, requestKey == nil { return [] }
        return try await queue.append(PreparedAppend(items, requestKey: requestKey, tenant: tenant))
    }

    package func registerAgent(
        _ request: AgentRegistrationRequest,
        tenant: Tenant
    ) async throws -> AgentRegistration {
        do {
            return try await commit { [limits] database in
                try AgentRows.register(
                    name: request.agentName,
                    definition: request.definition,
                    environmentID: tenant.environmentID,
                    now: Identifiers.now(),
                    atMost: limits.agents,
                    database
                )
            }
        } catch let error as DatabaseError {
            logger.error("registering an agent failed", metadata: ["code": "\(error.code)"])
            throw StoreError(writing: error, "The agent cannot be written.")
        }
    }

    /// Writes in one transaction.
    func commit<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await pool.write(body)
    }

    // MARK: Reading

    /// Reads from a snapshot; what goes wrong is the database's fault, never the caller's.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            // A read that is broken off because nobody waits for it is no fault.
            try Task.checkCancellation()
            throw readingFailed(error)
        }
    }

    /// The same for what a tenant asks for, whose reads take turns with those of others and end after a time (ING-117).
    func read<Value: Sendable>(
        for tenant: Tenant,
        atMost time: Duration = .seconds(120),
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await readers.run(for: tenant.environmentID) {
            try await withThrowingTaskGroup(of: Value?.self) { group in
                group.addTask { try await self.read(body) }
                group.addTask {
                    try await Task.sleep(for: time)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let value = first else {
                    throw StoreError(.overloaded, "The read took too long. Ask for less, such as for a shorter time.")
                }
                return value
            }
        }
    }

    /// What a reader is told of an error of the database, which is logged.
    func readingFailed(_ error: DatabaseError) -> StoreError {
        logger.error("reading failed", metadata: ["code": "\(error.code)"])
        return StoreError(.unavailable, "The database cannot be read now.")
    }

    // MARK: Life

    package var engine: String { pool.engine }

    package func isHealthy() async -> Bool {
        do {
            return try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM projects WHERE name IS NULL") }
                == 0
        } catch {
            return false
        }
    }

    package func close() async throws {
        await queue.close()
        do {
            try await pool.close()
        } catch {
            throw StoreError(
                .unavailable,
                "The database cannot be closed: \((error as? DatabaseError)?.message ?? "\(error)")"
            )
        }
    }
}
