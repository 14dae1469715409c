import WhyOps

extension DatabaseStore {
    /// A definition may be megabytes, and lists repeat it for each thread of its version.
    static func threadColumns(withDefinition: Bool) -> String {
        """
        t.trace_id, t.agent_id, a.name, t.agent_version_id, \(withDefinition ? "v.metadata" : "'{}'"),
        t.external_user_id, t.provider_id, t.model, t.event_count, t.first_event_at, t.last_event_at, t.last_activity,
        t.total_tokens, t.error_count
        """
    }
    static let threadTables = """
        traces t JOIN agents a ON a.id = t.agent_id JOIN agent_versions v ON v.id = t.agent_version_id
        """

    static func thread(_ row: Row) -> StoredThread {
        let metadata: String = row[4]
        return StoredThread(
            traceId: row[0],
            agentID: row[1],
            agentName: row[2],
            agentVersionID: row[3],
            agentMetadata: Array(metadata.utf8),
            externalUserId: row[5],
            providerId: row[6],
            model: row[7],
            eventCount: row[8],
            firstEventAt: row[9],
            lastEventAt: row[10],
            lastActivity: row[11],
            totalTokens: row[12],
            errorCount: row[13]
        )
    }

    static func filter(_ query: ThreadQuery, _ tenant: Tenant) -> Filter {
        var filter = Filter("t.environment_id = ?", tenant.environmentID)
        // ING-94: any agent of the thread, not only that of its first event.
        filter.add(
            "EXISTS (SELECT 1 FROM trace_agents g JOIN agents o ON o.id = g.agent_id WHERE g.trace = t.key AND o.name = ?)",
            query.agentName
        )
        filter.add("EXISTS (SELECT 1 FROM trace_agents g WHERE g.trace = t.key AND g.agent_id = ?)", query.agentID)
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

    package func threads(matching query: ThreadQuery, tenant: Tenant) async throws -> Page<StoredThread> {
        let filter = Self.filter(query, tenant)
        let columns = Self.threadColumns(withDefinition: query.wantsDefinition)
        return try await read { database in
            let total = try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM \(Self.threadTables) WHERE \(filter.sql)",
                arguments: filter.arguments
            )
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(columns) FROM \(Self.threadTables) WHERE \(filter.sql)
                    ORDER BY t.last_activity DESC, t.trace_id LIMIT ? OFFSET ?
                    """,
                arguments: filter.arguments + [query.page.limit, query.page.offset]
            )
            return Page(items: rows.map { Self.thread($0) }, total: total ?? 0)
        }
    }

    package func thread(
        _ traceId: String,
        events page: PageRequest,
        tenant: Tenant
    ) async throws -> ThreadDetail? {
        try await read { database in
            let key: StatementArguments = [tenant.environmentID, traceId]
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT \(Self.threadColumns(withDefinition: true)) FROM \(Self.threadTables)
                    WHERE t.environment_id = ? AND t.trace_id = ?
                    """,
                arguments: key
            )
            guard let row else { return nil }
            let totals = try Row.fetchOne(database, sql: Self.totals, arguments: key)
            let entries = try Self.entries(key, page, database)
            return ThreadDetail(
                thread: Self.thread(row),
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
