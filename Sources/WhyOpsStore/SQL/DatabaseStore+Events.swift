import WhyOps

extension DatabaseStore {
    package func events(matching query: EventQuery, tenant: Tenant) async throws -> Page<StoredEvent> {
        var filter = Filter("environment_id = ?", tenant.environmentID)
        filter.add("trace_id = ?", query.traceId)
        filter.add("provider_id = ?", query.providerId)
        // Not in the view, which would also look for the trace of each.
        let rows = EventRow.filter(traceId: query.traceId, providerId: query.providerId, tenant)
        return try await read(for: tenant) { [filter, rows] database in
            let total = try Self.count(query, filter, tenant, database)
            // First the names alone, since what is sorted is held.
            let ids = try String.fetchAll(
                database,
                sql: """
                    SELECT r.id FROM event_rows r WHERE \(rows.sql)
                    ORDER BY r.timestamp DESC, r.step_id DESC, r.id DESC LIMIT ? OFFSET ?
                    """,
                arguments: rows.arguments + [query.page.limit, query.page.offset]
            )
            let statement = try database.makeStatement(
                sql: "SELECT \(EventRow.columns(query.page.parts)) FROM events WHERE id = ?"
            )
            var room = EventRoom()
            var items: [StoredEvent] = []
            for id in ids where room.isThere {
                guard let row = try Row.fetchOne(statement, arguments: [id]) else { continue }
                let stored = EventRow.event(row)
                room.take(stored.event)
                items.append(stored)
            }
            return Page(items: items, total: total ?? 0)
        }
    }

    /// How many events there are, without looking at each of them where another row knows it.
    private static func count(
        _ query: EventQuery,
        _ filter: Filter,
        _ tenant: Tenant,
        _ database: Database
    ) throws -> Int? {
        switch (query.traceId, query.providerId) {
        case (nil, nil):
            try Int.fetchOne(
                database,
                sql: "SELECT sum(event_count) FROM traces WHERE environment_id = ?",
                arguments: [tenant.environmentID]
            )
        case (let traceId?, nil):
            try Int.fetchOne(
                database,
                sql: "SELECT event_count FROM traces WHERE environment_id = ? AND trace_id = ?",
                arguments: [tenant.environmentID, traceId]
            )
        case (nil, let providerId?):
            // Not in the view, which would also look for the trace of each.
            try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM event_rows r JOIN environments e ON e.number = r.environment
                    WHERE e.id = ? AND r.provider_id = ?
                    """,
                arguments: [tenant.environmentID, providerId]
            )
        default:
            try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM events WHERE \(filter.sql)",
                arguments: filter.arguments
            )
        }
    }

    package func event(id: String, tenant: Tenant) async throws -> StoredEvent? {
        try await read(for: tenant) { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT \(EventRow.columns(.all)) FROM events WHERE id = ? AND environment_id = ?",
                arguments: [id, tenant.environmentID]
            )
            return row.map { EventRow.event($0) }
        }
    }
}

/// How much of a page of events is read: a thousand of them may hold ten gigabytes (ING-95).
struct EventRoom {
    /// Bytes of content and metadata after which a page ends.
    private let limit: Int
    private var taken = 0

    init(_ limit: Int = 32 << 20) {
        self.limit = limit
    }

    var isThere: Bool { taken < limit }

    mutating func take(_ event: Event) {
        taken += (event.content?.count ?? 0) + (event.metadata?.count ?? 0)
    }
}

/// Conditions that all have to hold, with their values.
struct Filter: Sendable {
    private(set) var sql: String
    private var values: [String]

    var arguments: StatementArguments { StatementArguments(values) }

    init(_ condition: String, _ value: String) {
        sql = condition
        values = [value]
    }

    /// Adds a condition without a value.
    mutating func add(_ condition: String) {
        sql += " AND " + condition
    }

    /// Adds a condition with several values.
    mutating func add(_ condition: String, _ more: [String]) {
        sql += " AND " + condition
        values += more
    }

    /// Adds a condition where there is a value for it.
    mutating func add(_ condition: String, _ value: String?) {
        guard let value else { return }
        sql += " AND " + condition
        values.append(value)
    }
}

/// An event's columns.
enum EventRow {
    /// The conditions that rows `r` of an environment, a trace or a provider have to meet.
    static func filter(traceId: String?, providerId: String?, _ tenant: Tenant) -> Filter {
        var filter = Filter("r.environment = (SELECT number FROM environments WHERE id = ?)", tenant.environmentID)
        if let traceId {
            filter.add(
                """
                r.trace = (SELECT key FROM trace_rows WHERE trace_id = ?
                AND environment = (SELECT number FROM environments WHERE id = ?))
                """,
                [traceId, tenant.environmentID]
            )
        }
        filter.add("r.provider_id = ?", providerId)
        return filter
    }

    /// The columns, with `NULL` for what is not wanted.
    static func columns(_ parts: EventParts) -> String {
        """
        id, event_type, trace_id, agent_name, span_id, step_id, parent_step_id, timestamp,
        \(parts.contains(.content) ? "content" : "NULL"), \(parts.contains(.metadata) ? "metadata" : "NULL"),
        idempotency_key, external_user_id, provider_id, agent_id, agent_version_id, created_at, model, prompt_tokens,
        completion_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, latency_ms, finish_reason
        """
    }

    /// Reads a row whose first columns are `columns`.
    static func event(_ row: Row) -> StoredEvent {
        let content: String? = row[8]
        let metadata: String? = row[9]
        let event = Event(
            eventType: EventType(name: row[1]) ?? .error,
            traceId: row[2],
            agentName: row[3],
            spanId: row[4],
            stepId: row[5],
            parentStepId: row[6],
            timestamp: row[7],
            content: content.map { Array($0.utf8) },
            metadata: metadata.map { Array($0.utf8) },
            idempotencyKey: row[10],
            externalUserId: row[11],
            providerId: row[12]
        )
        var facts = EventFacts()
        facts.model = row[16]
        facts.promptTokens = row[17]
        facts.completionTokens = row[18]
        facts.totalTokens = row[19]
        facts.cacheReadTokens = row[20]
        facts.cacheWriteTokens = row[21]
        facts.cacheWrite5mTokens = row[22]
        facts.cacheWrite1hTokens = row[23]
        facts.latencyMs = row[24]
        facts.finishReason = row[25]
        return StoredEvent(
            id: row[0],
            event: event,
            agentID: row[13],
            agentVersionID: row[14],
            facts: facts,
            createdAt: row[15]
        )
    }
}
