package import WhyOps

/// What is durable: tenants, agents, traces and events. Everything is scoped by the tenant's environment.
package protocol Store: Sendable {
    /// What the API key with a SHA-256, in hexadecimal digits, lets in to: one look-up, whatever the answer (PRX-32).
    func access(keyHash: String) async throws -> KeyAccess

    /// Notes that a key was used, at a moment in seconds since 1970.
    func noteUse(ofKey keyID: String, at moment: Double) async throws

    /// The providers of an environment, with the credentials that open.
    func providers(environmentID: String) async throws -> [StoredProvider]

    /// Stores all events and links or none, in one transaction, and returns after the commit is durable (EVT-17).
    ///
    /// Results are in the order of the events. Where one of them is a conflict, nothing was stored.
    /// - Parameter links: which trace gave out which ids; an id that two traces gave out proves nothing from then on.
    /// - Throws: `StoreError.overloaded` when too much is waiting already, `refused` where trying again is in vain.
    func append(_ events: [Event], links: [StitchLink], tenant: Tenant) async throws -> [AppendResult]

    /// Makes a definition the agent's current version, creating agent and version where they are new (AGT-8).
    func registerAgent(_ request: AgentRegistrationRequest, tenant: Tenant) async throws -> AgentRegistration

    /// Events, newest first.
    func events(matching query: EventQuery, tenant: Tenant) async throws -> Page<StoredEvent>

    /// One event; `nil` also when it belongs to another environment.
    func event(id: String, tenant: Tenant) async throws -> StoredEvent?

    /// Traces, by last activity, newest first.
    func threads(matching query: ThreadQuery, tenant: Tenant) async throws -> Page<StoredThread>

    /// One trace with its totals and a page of its events; `nil` also when it belongs to another environment.
    func thread(_ traceId: String, events: PageRequest, tenant: Tenant) async throws -> ThreadDetail?

    /// The traces of ids that are known and not ambiguous.
    func traces(of echoes: [EchoID], tenant: Tenant) async throws -> [EchoID: TraceID]

    /// What was noted of some keys of lineage (TRC-39).
    func lineages(_ keys: [EchoID], tenant: Tenant) async throws -> [EchoID: StoredLineage]

    /// The signing keys of the tenant's environment (SIG-40).
    ///
    /// - Parameter makesFirst: whether an environment without any gets its first one (PRX-22).
    func signingKeys(tenant: Tenant, makesFirst: Bool) async throws -> StoredSigningKeys

    /// Whether the store answers.
    func isHealthy() async -> Bool

    /// Waits for what was accepted to be durable, then lets go of the database.
    func close() async throws
}

extension Store {
    /// Stores all events or none.
    package func append(_ events: [Event], tenant: Tenant) async throws -> [AppendResult] {
        try await append(events, links: [], tenant: tenant)
    }
}
