import WhyOps

/// What an append knows of a trace while it writes to it.
struct TraceRow {
    /// The number of its environment.
    let environment: Int
    /// The key of its row; `nil` until it has one.
    private(set) var key: Int64?
    /// Bytes, since `String` would take two spellings of the same characters for one id (EVT-6).
    let id: [UInt8]
    /// Whether this append has stored an event in the trace.
    private(set) var isTouched = false
    private(set) var lastStep = 0
    private(set) var eventCount = 0
    private var firstEventAt: String?
    private var lastEventAt: String?
    /// The agent and the version of the trace's first event (EVT-25).
    private let owner: AgentRows.Current
    private var externalUserId: String?
    private var providerId: String?
    private var model: String?
    private var totalTokens = 0
    private var errorCount = 0
    /// The size of the events as retention counts it (STO-23); `nil` where the trace is older than the figure.
    private var byteCount: Int? = 0
    /// How many spans there are; `nil` where nobody has asked yet.
    var spanCount: Int?

    /// The trace as it is stored, or one that is to be.
    static func find(
        _ id: [UInt8],
        environment: Int,
        owner: AgentRows.Current,
        _ database: Database
    ) throws -> TraceRow {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT last_step, event_count, first_event_at, last_event_at, agent_id, agent_version_id,
                    external_user_id, provider_id, model, key, total_tokens, error_count, span_count, byte_count
                    FROM trace_rows WHERE environment = ? AND trace_id = ?
                    """
            ),
            arguments: [environment, String(decoding: id, as: UTF8.self)]
        )
        guard let row else { return TraceRow(environment: environment, id: id, owner: owner) }
        return TraceRow(environment: environment, id: id, row)
    }

    private init(environment: Int, id: [UInt8], owner: AgentRows.Current) {
        self.environment = environment
        self.id = id
        self.owner = owner
    }

    private init(environment: Int, id: [UInt8], _ row: Row) {
        self.environment = environment
        self.id = id
        lastStep = row[0]
        eventCount = row[1]
        firstEventAt = row[2]
        lastEventAt = row[3]
        owner = AgentRows.Current(agentID: row[4], versionID: row[5])
        externalUserId = row[6]
        providerId = row[7]
        model = row[8]
        key = row[9]
        totalTokens = row[10]
        errorCount = row[11]
        spanCount = row[12]
        byteCount = row[13]
    }

    /// Counts an event in.
    mutating func add(_ event: Event, facts: EventFacts, stepId: Int, timestamp: String) {
        isTouched = true
        lastStep = max(lastStep, stepId)
        eventCount += 1
        firstEventAt = min(firstEventAt ?? timestamp, timestamp)
        lastEventAt = max(lastEventAt ?? timestamp, timestamp)
        externalUserId = externalUserId ?? event.externalUserId
        providerId = providerId ?? event.providerId
        model = facts.model ?? model
        totalTokens += facts.totalTokens ?? 0
        if event.eventType == .error { errorCount += 1 }
        byteCount = byteCount.map { $0 + EventSize.bytes(of: event) }
    }

    /// Makes the row that events refer to; `save` fills it in.
    mutating func create(now: String, environmentID: String, _ database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO trace_rows (environment, trace_id, agent_id, agent_version_id, last_step, event_count,
                first_event_at, last_event_at, created_at, last_activity, agent_number, version_number)
                VALUES (?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?)
                RETURNING key
                """
        )
        let numbers = TraceNumbers(environmentID: environmentID, database: database)
        let key = try Int64.fetchOne(
            statement,
            arguments: [
                environment, String(decoding: id, as: UTF8.self), owner.agentID, owner.versionID, now, now, now, now,
                try numbers.newest(of: .agent, owner.agentID) + 1,
                try numbers.newest(of: .version, owner.versionID) + 1,
            ]
        )
        guard let key else { throw StoreError(.unavailable, "The trace was not written.") }
        self.key = key
        return key
    }

    /// Stores what `add` has changed.
    func save(now: String, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                UPDATE trace_rows SET last_step = ?, event_count = ?, first_event_at = ?, last_event_at = ?,
                external_user_id = ?, provider_id = ?, model = ?, total_tokens = ?, error_count = ?, last_activity = ?,
                span_count = ?, byte_count = ? WHERE key = ?
                """
        ).execute(arguments: [
            lastStep, eventCount, firstEventAt, lastEventAt, externalUserId, providerId, model, totalTokens, errorCount,
            now, spanCount, byteCount, key,
        ])
    }
}
