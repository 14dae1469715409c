import WhyOps

extension DatabaseStore {
    static let threadColumns = """
        t.trace_id, t.agent_id, a.name, t.agent_version_id, t.external_user_id, t.provider_id, t.model, t.event_count,
        t.first_event_at, t.last_event_at, t.last_activity, t.total_tokens, t.error_count
        """
    static let threadTables = "trace_rows t JOIN agents a ON a.id = t.agent_id"

    /// Reads a row that has `threadColumns`, without the definition, which may be megabytes.
    static func thread(_ row: Row) -> StoredThread {
        StoredThread(
            traceId: row[0],
            agentID: row[1],
            agentName: row[2],
            agentVersionID: row[3],
            agentMetadata: nil,
            externalUserId: row[4],
            providerId: row[5],
            model: row[6],
            eventCount: row[7],
            firstEventAt: row[8],
            lastEventAt: row[9],
            lastActivity: row[10],
            totalTokens: row[11],
            errorCount: row[12]
        )
    }

    /// The threads with their definitions, as far as a list has room for them (ING-116).
    static func complete(
        _ threads: [StoredThread],
        withDefinition: Bool,
        _ database: Database
    ) throws -> [StoredThread] {
        guard withDefinition else { return threads }
        var room = DefinitionRoom(database)
        return try threads.map { thread in
            var thread = thread
            thread.agentMetadata = try room.definition(of: thread.agentVersionID)
            return thread
        }
    }

    /// The conditions that a row `t` of a trace has to meet, with the number of its environment.
    static func filter(_ query: ThreadQuery, _ tenant: Tenant, _ database: Database) throws -> Filter {
        var filter = Filter("t.environment = (SELECT number FROM environments WHERE id = ?)", tenant.environmentID)
        // ING-94: any agent of the thread, not only that of its first event.
        var agents: [String] = []
        if let name = query.agentName {
            let id = try String.fetchOne(
                database,
                sql: "SELECT id FROM agents WHERE environment_id = ? AND name = ?",
                arguments: [tenant.environmentID, name]
            )
            agents.append(id ?? "")
        }
        if let id = query.agentID { agents.append(id) }
        for id in agents {
            let isRare = try isRare(agentID: id, database)
            filter.add(
                isRare
                    ? "t.key IN (SELECT g.trace FROM trace_agents g WHERE g.agent_id = ?)"
                    : "EXISTS (SELECT 1 FROM trace_agents g WHERE g.trace = t.key AND g.agent_id = ?)",
                id
            )
        }
        filter.add("t.external_user_id = ?", query.externalUserId)
        filter.add("t.last_activity >= ?", query.startDate?.text)
        filter.add("t.last_activity <= ?", query.endDate?.text)
        filter.add("t.provider_id = ?", query.providerId)
        filter.add("t.model = ?", query.model)
        filter.add(
            "EXISTS (SELECT 1 FROM trace_agents g WHERE g.trace = t.key AND g.agent_version_id = ?)",
            query.agentVersionID
        )
        if let hasErrors = query.hasErrors { filter.add("t.error_count \(hasErrors ? ">" : "=") 0") }
        return filter
    }

    /// Whether an agent was active in so few traces that looking at these is less than looking at all.
    private static func isRare(agentID: String, _ database: Database) throws -> Bool {
        let limit = 10_000
        let count = try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM (SELECT 1 FROM trace_agents WHERE agent_id = ? LIMIT ?) AS few",
            arguments: [agentID, limit]
        )
        return (count ?? 0) < limit
    }

    /// Traces that are counted for one list (ING-118).
    private static let countLimit = 100_000

    package func threads(matching query: ThreadQuery, tenant: Tenant) async throws -> Page<StoredThread> {
        try await read(for: tenant) { database in
            let filter = try Self.filter(query, tenant, database)
            let counted =
                try Int.fetchOne(
                    database,
                    sql: "SELECT count(*) FROM (SELECT 1 FROM trace_rows t WHERE \(filter.sql) LIMIT ?) AS few",
                    arguments: filter.arguments + [Self.countLimit]
                ) ?? 0
            // First the keys alone, which an index has in this order: of what a page leaves out nothing else is read.
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.threadColumns) FROM \(Self.threadTables) JOIN (
                        SELECT t.key AS wanted FROM trace_rows t WHERE \(filter.sql)
                        ORDER BY t.last_activity DESC, t.trace_id LIMIT ? OFFSET ?
                    ) AS page ON t.key = page.wanted ORDER BY t.last_activity DESC, t.trace_id
                    """,
                arguments: filter.arguments + [query.page.limit + 1, query.page.offset]
            )
            let threads = rows.prefix(query.page.limit).map { Self.thread($0) }
            return Page(
                items: try Self.complete(threads, withDefinition: query.wantsDefinition, database),
                total: counted < Self.countLimit ? counted : max(counted, query.page.offset + rows.count),
                hasMore: rows.count > query.page.limit
            )
        }
    }

    package func thread(
        _ traceId: String,
        events page: PageRequest,
        tenant: Tenant
    ) async throws -> ThreadDetail? {
        try await read(for: tenant) { database in
            let key: StatementArguments = [tenant.environmentID, traceId]
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT \(Self.threadColumns) FROM \(Self.threadTables)
                    WHERE t.environment = (SELECT number FROM environments WHERE id = ?) AND t.trace_id = ?
                    """,
                arguments: key
            )
            guard let row else { return nil }
            let totals = try Row.fetchOne(database, sql: Self.totals, arguments: key)
            let entries = try Self.entries(key, page, database)
            var thread = Self.thread(row)
            thread.agentMetadata = try VersionRow.definition(of: thread.agentVersionID, database)
            return ThreadDetail(
                thread: thread,
                totalTokens: totals?[0] ?? 0,
                totalLatency: totals?[1] ?? 0,
                errorCount: totals?[2] ?? 0,
                hasLateEvents: totals?[3] ?? false,
                models: try Row.fetchAll(database, sql: Self.models, arguments: key + key).map { Self.usage($0) },
                entries: entries
            )
        }
    }

    /// Order, gap and lateness come from narrow rows; the wide ones are read one at a time, as many as fit (ING-95).
    private static func entries(
        _ key: StatementArguments,
        _ page: PageRequest,
        _ database: Database
    ) throws -> [ThreadDetail.Entry] {
        let places = try Row.fetchAll(database, sql: order, arguments: key + [page.limit, page.offset])
        let statement = try database.makeStatement(sql: entry(page.parts))
        var room = EventRoom()
        var entries: [ThreadDetail.Entry] = []
        for place in places where room.isThere {
            let id: String = place[0]
            guard let row = try Row.fetchOne(statement, arguments: [id]) else { continue }
            let stored = EventRow.event(row)
            room.take(stored.event)
            entries.append(
                ThreadDetail.Entry(
                    stored: stored,
                    parentSpanID: row[26],
                    nextTimestamp: place[1],
                    isLate: place[2]
                )
            )
        }
        return entries
    }

    private static func usage(_ row: Row) -> ThreadDetail.ModelUsage {
        var facts = EventFacts()
        facts.promptTokens = row[1]
        facts.completionTokens = row[2]
        facts.totalTokens = row[3]
        facts.cacheReadTokens = row[4]
        facts.cacheWriteTokens = row[5]
        facts.cacheWrite5mTokens = row[6]
        facts.cacheWrite1hTokens = row[7]
        return ThreadDetail.ModelUsage(model: row[0], facts: facts, isLast: row[8])
    }

    private static let totals = """
        SELECT coalesce(sum(total_tokens), 0), coalesce(sum(latency_ms), 0),
        count(*) FILTER (WHERE event_type = 'error'), count(*) FILTER (WHERE late) > 0
        FROM (SELECT total_tokens, latency_ms, event_type, step_id < max(step_id) OVER (ORDER BY timestamp, step_id) AS late
        FROM events WHERE environment_id = ? AND trace_id = ?) AS placed
        """

    private static let order = """
        SELECT id, lead(timestamp) OVER (ORDER BY timestamp, step_id),
        step_id < max(step_id) OVER (ORDER BY timestamp, step_id)
        FROM events WHERE environment_id = ? AND trace_id = ? ORDER BY timestamp, step_id LIMIT ? OFFSET ?
        """

    private static func entry(_ parts: EventParts) -> String {
        """
        SELECT \(EventRow.columns(parts)), (
            SELECT parent.span_id FROM events AS parent
            WHERE parent.environment_id = events.environment_id AND parent.trace_id = events.trace_id
            AND parent.step_id = events.parent_step_id AND parent.span_id <> events.span_id
        ) FROM events WHERE id = ?
        """
    }

    private static let models = """
        SELECT model, coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),
        coalesce(sum(total_tokens), 0), coalesce(sum(cache_read_tokens), 0), coalesce(sum(cache_write_tokens), 0),
        coalesce(sum(cache_write_5m_tokens), 0), coalesce(sum(cache_write_1h_tokens), 0),
        max(step_id) = (SELECT max(step_id) FROM events WHERE environment_id = ? AND trace_id = ?
        AND model IS NOT NULL AND event_type IN ('llm_response', 'embedding_response'))
        FROM events WHERE environment_id = ? AND trace_id = ? AND model IS NOT NULL
        AND event_type IN ('llm_response', 'embedding_response') GROUP BY model ORDER BY min(step_id)
        """
}
