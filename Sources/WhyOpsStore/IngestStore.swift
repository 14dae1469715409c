package import WhyOps

/// What ingest asks of a store beyond what the proxy does. Everything is scoped by the tenant's environment: what belongs
/// to another one is as missing as what never was.
package protocol IngestStore: Store {
    /// What keeps it all: `sqlite` or `postgresql` (STO-9).
    var engine: String { get }

    /// Stores events as `append(_:tenant:)` does, with what the request says about it.
    ///
    /// - Throws: `StoreError.requestReused` where the request's key stands for other events (ING-23).
    func append(_ events: [Event], options: AppendOptions, tenant: Tenant) async throws -> [AppendResult]

    /// Stores what can be stored of a request and keeps the rest as dead letters, in one transaction, and gives one result
    /// for each item in order (ING-22, ING-40).
    ///
    /// - Throws: `StoreError.requestReused` where the request's key stands for another request (ING-23).
    func append(_ items: [PartialItem], requestKey: String?, tenant: Tenant) async throws -> [AppendResult]

    // MARK: Agents

    /// Agents, the one with the newest activity first.
    func agents(page: PageRequest, tenant: Tenant) async throws -> Page<StoredAgent>

    /// One agent.
    ///
    /// - Parameter parts: whether its current version comes with its definition.
    func agent(id: String, parts: EventParts, tenant: Tenant) async throws -> StoredAgent?

    /// What an agent did, day by day.
    func activity(of agentID: String, matching query: AgentActivityQuery, tenant: Tenant) async throws -> AgentActivity

    /// An agent's versions, newest first; none where there is no such agent.
    ///
    /// - Parameter parts: whether they come with their definitions, as far as a list has room for them (ING-116).
    func versions(of agentID: String, parts: EventParts, tenant: Tenant) async throws -> [StoredVersion]

    /// One version of any agent.
    func version(id: String, tenant: Tenant) async throws -> StoredVersion?

    /// Makes a version current, and gives the version that was; `nil` where the agent has no such version (ING-33).
    func activateVersion(_ id: String, of agentID: String, tenant: Tenant) async throws -> StoredVersion?

    /// Sets sampling and limits, and gives the number of versions that the agent has; `nil` without such an agent.
    func setAgentSettings(_ change: AgentSettingsChange, of agentID: String, tenant: Tenant) async throws -> Int?

    /// Deletes an agent with all that is its own (ING-36), trace by trace, so that no writer waits for long.
    func deleteAgent(id: String, tenant: Tenant) async throws -> AgentDeletion?

    // MARK: Dead letters

    /// Keeps events that cannot be stored; gives the id of each that there was room for (ING-40).
    func insertDeadLetters(_ letters: [DeadLetter], tenant: Tenant) async throws -> [String?]

    /// Dead letters, newest first, with their events where the page asks for content.
    func deadLetters(page: PageRequest, tenant: Tenant) async throws -> Page<StoredDeadLetter>

    /// One dead letter.
    func deadLetter(id: String, tenant: Tenant) async throws -> StoredDeadLetter?

    /// The ids of the oldest dead letters, of all or among some, oldest first.
    func oldestDeadLetterIDs(among ids: [String]?, limit: Int, tenant: Tenant) async throws -> [String]

    /// Notes that another attempt failed.
    func noteFailure(ofDeadLetter id: String, _ reason: DeadLetter.Reason, tenant: Tenant) async throws

    /// Deletes some dead letters, or all, and gives their number.
    func deleteDeadLetters(_ ids: [String]?, tenant: Tenant) async throws -> Int

    // MARK: Threads

    /// The traces in which a text occurs, among the newest (ING-46).
    func searchThreads(_ text: String, matching query: ThreadQuery, tenant: Tenant) async throws -> ThreadSearch

    /// The traces with the newest activity since a moment, oldest first; of more than `limit` the newest.
    func changedThreads(since moment: Timestamp, limit: Int, tenant: Tenant) async throws -> [StoredThread]

    /// The events of a trace by step; `nil` where there is no such trace.
    func graphEvents(of traceId: String, matching query: GraphQuery, tenant: Tenant) async throws -> LabelledEvents?

    /// What the analysis of a trace needs of its events, by step, from behind a step on; `nil` where there is no such trace.
    ///
    /// - Parameter limit: how many at most; fewer come where their texts are long.
    func eventSummaries(of traceId: String, after step: Int, limit: Int, tenant: Tenant) async throws -> EventSummaries?

    // MARK: Figures

    /// What model calls used, by group, provider, model and way of counting cached tokens.
    func usage(matching query: UsageQuery, tenant: Tenant) async throws -> [UsageRow]

    /// The number of traces that have such events.
    func threadCount(matching query: UsageQuery, tenant: Tenant) async throws -> Int

    /// What the traces of each external user come to, most traces first.
    func users(matching query: UserQuery, tenant: Tenant) async throws -> Page<UserTotals>

    /// Figures of the last days.
    func dashboard(agentCount: Int, tenant: Tenant) async throws -> DashboardFigures
}

extension IngestStore {
    /// One agent with the definition of its current version.
    package func agent(id: String, tenant: Tenant) async throws -> StoredAgent? {
        try await agent(id: id, parts: .all, tenant: tenant)
    }

    /// An agent's versions with their definitions.
    package func versions(of agentID: String, tenant: Tenant) async throws -> [StoredVersion] {
        try await versions(of: agentID, parts: .all, tenant: tenant)
    }
}

/// What a request says about the events that it brings.
package struct AppendOptions: Sendable, Hashable {
    /// The request's own idempotency key (ING-23).
    package var requestKey: String?
    /// The dead letter that goes away when the events are stored (ING-42).
    package var deadLetterID: String?

    package init(requestKey: String? = nil, deadLetterID: String? = nil) {
        self.requestKey = requestKey
        self.deadLetterID = deadLetterID
    }
}
