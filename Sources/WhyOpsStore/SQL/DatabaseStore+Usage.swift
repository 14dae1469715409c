import WhyOps

extension DatabaseStore {
    package func usage(matching query: UsageQuery, tenant: Tenant) async throws -> [UsageRow] {
        if query.isInSums { return try await usage(fromSums: query, tenant) }
        return try await usage(fromEvents: query, tenant)
    }

    /// Of the sums that are kept, and of the events beside them where the time begins or ends within an hour.
    private func usage(fromSums query: UsageQuery, _ tenant: Tenant) async throws -> [UsageRow] {
        // What is longer than a limit is in a sum of at least that limit.
        let inclusive = SumColumns.greatest(of: query.promptLengths, below: "inclusive + 1")
        let exclusive = SumColumns.greatest(of: query.promptLengths, below: "exclusive + 1")
        let range = SumRange(from: query.startDate, to: query.endDate, isByHour: query.grouping == .time(.hour))
        let source = Self.source(range) { period, isEvent in
            var filter = Filter("environment = (SELECT number FROM environments WHERE id = ?)", tenant.environmentID)
            filter.add("agent_id = ?", query.agentID)
            if isEvent {
                filter.add("provider_id = ?", query.providerId)
                filter.add("timestamp >= ? AND timestamp <= ?", [period.from, period.to])
                return (SumColumns.use(period: "'e' || timestamp", where: filter.sql), filter.arguments)
            }
            filter.add("is_use = 1")
            filter.add("provider_id = ?", query.providerId.map { "=" + $0 })
            filter.add("period >= ? AND period < ?", [period.from, period.to])
            let columns = "\(SumColumns.namesList), \(SumColumns.figuresList)"
            return ("SELECT \(columns) FROM sum_rows WHERE \(filter.sql)", filter.arguments)
        }
        guard let source else { return [] }
        let part = part(query.grouping, time: "substr(period, 2)")
        return try await read(for: tenant) { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT part, provider, model, accounting, sum(events), sum(errors), sum(latency_sum), sum(latency_count),
                    sum(prompt), sum(completion), sum(total), sum(cache_read), sum(writes), sum(short_writes),
                    sum(long_writes), sum(uncached), inclusive_length, exclusive_length
                    FROM (SELECT *, \(part) AS part, \(inclusive) AS inclusive_length,
                    \(exclusive) AS exclusive_length FROM (\(source.sql)) AS found) AS sums
                    GROUP BY 1, 2, 3, 4, 17, 18 HAVING sum(events) > 0 ORDER BY 1 NULLS FIRST, 2, 3
                    """,
                arguments: source.arguments
            ).map { Self.usageRow($0) { (row, column) in (row[column] as String).afterSign } }
        }
    }

    /// Statements for all parts of a stretch of time, put together; `nil` where there are none.
    static func source(
        _ range: SumRange,
        _ part: ((from: String, to: String), _ isEvent: Bool) -> (sql: String, arguments: StatementArguments)
    ) -> (sql: String, arguments: StatementArguments)? {
        let parts = range.periods.map { part($0, false) } + range.events.map { part($0, true) }
        guard !parts.isEmpty else { return nil }
        return (
            parts.map(\.sql).joined(separator: " UNION ALL "), parts.reduce([]) { $0 + $1.arguments }
        )
    }

    private func part(_ grouping: UsageQuery.Grouping, time: String) -> String {
        switch grouping {
        case .none: "CAST(NULL AS TEXT)"
        case .time(.hour): "substr(\(time), 1, 13)"
        case .time(.day): "substr(\(time), 1, 10)"
        case .time(.week): pool.dialect.weekStart("substr(\(time), 1, 10)")
        case .time(.month): "substr(\(time), 1, 7) || '-01'"
        case .user: "(SELECT t.external_user_id FROM trace_rows t WHERE t.key = e.trace)"
        }
    }

    /// Of the events themselves.
    func usage(fromEvents query: UsageQuery, _ tenant: Tenant) async throws -> [UsageRow] {
        let filter = Self.filter(query, tenant)
        let group = query.grouping == .none ? "NULL" : part(query.grouping, time: "e.timestamp")
        let lengths = query.promptLengths
        let whole = "CASE WHEN prompt < cached THEN prompt + cached ELSE prompt END"
        let inclusive = SumColumns.greatest(of: lengths, below: whole)
        let exclusive = SumColumns.greatest(of: lengths, below: "prompt + cached")
        let written = "coalesce(e.cache_write_tokens, 0)"
        let short = "coalesce(e.cache_write_5m_tokens, 0)"
        let long = "coalesce(e.cache_write_1h_tokens, 0)"
        return try await read(for: tenant) { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT part, provider, model, accounting, count(*), count(*) FILTER (WHERE is_error), coalesce(sum(latency), 0),
                    count(latency), sum(prompt), coalesce(sum(completion), 0), coalesce(sum(total), 0),
                    sum(cache_read), sum(writes), sum(short_writes), sum(long_writes),
                    sum(CASE WHEN prompt < cached THEN prompt ELSE prompt - cached END), \(inclusive), \(exclusive)
                    FROM (SELECT *, cache_read + short_writes + long_writes AS cached FROM (
                        SELECT \(group) AS part, e.provider, e.model AS model,
                        e.cache_accounting AS accounting, e.event_type = 'error' AS is_error, e.latency_ms AS latency,
                        coalesce(e.prompt_tokens, 0) AS prompt, e.completion_tokens AS completion,
                        e.total_tokens AS total, coalesce(e.cache_read_tokens, 0) AS cache_read,
                        \(SumColumns.greater(written, "\(short) + \(long)")) AS writes,
                        \(SumColumns.greater("\(written) - \(long)", short)) AS short_writes,
                        \(long) AS long_writes
                        FROM event_rows e WHERE \(filter.sql)
                    ) AS figures) AS sums GROUP BY 1, 2, 3, 4, 17, 18
                    ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3 NULLS FIRST
                    """,
                arguments: filter.arguments
            ).map { Self.usageRow($0) { (row, column) in row[column] } }
        }
    }

    package func threadCount(matching query: UsageQuery, tenant: Tenant) async throws -> Int {
        let filter = Self.filter(query, tenant)
        return try await read(for: tenant) { database in
            try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM (SELECT DISTINCT e.trace FROM event_rows e WHERE \(filter.sql)) AS found",
                arguments: filter.arguments
            ) ?? 0
        }
    }

    private static func filter(_ query: UsageQuery, _ tenant: Tenant) -> Filter {
        var filter = Filter("e.environment = (SELECT number FROM environments WHERE id = ?)", tenant.environmentID)
        if let traceId = query.traceId {
            filter.add(
                """
                e.trace = (SELECT key FROM trace_rows WHERE trace_id = ?
                AND environment = (SELECT number FROM environments WHERE id = ?))
                """,
                [traceId, tenant.environmentID]
            )
        }
        if let users = query.users {
            let named = users.compactMap(\.self)
            var choices = users.contains(nil) ? ["external_user_id IS NULL"] : []
            if !named.isEmpty { choices.append("external_user_id IN (\(databaseQuestionMarks(count: named.count)))") }
            filter.add(
                """
                e.trace IN (SELECT key FROM trace_rows WHERE environment = (SELECT number FROM environments WHERE id = ?)
                AND (\(choices.isEmpty ? "FALSE" : choices.joined(separator: " OR "))))
                """,
                [tenant.environmentID] + named
            )
        }
        filter.add("e.provider_id = ?", query.providerId)
        filter.add("e.agent_id = ?", query.agentID)
        filter.add("e.timestamp >= ?", query.startDate?.text)
        filter.add("e.timestamp <= ?", query.endDate?.text)
        filter.add(SchemaOfLimits.isUse)
        return filter
    }

    private static func usageRow(_ row: Row, name: (Row, Int) -> String?) -> UsageRow {
        var facts = EventFacts()
        facts.promptTokens = row[8]
        facts.completionTokens = row[9]
        facts.totalTokens = row[10]
        facts.cacheReadTokens = row[11]
        facts.cacheWriteTokens = row[12]
        facts.cacheWrite5mTokens = row[13]
        facts.cacheWrite1hTokens = row[14]
        return UsageRow(
            group: row[0],
            provider: name(row, 1),
            model: name(row, 2),
            accounting: name(row, 3),
            requestCount: row[4],
            errorCount: row[5],
            latencySum: row[6],
            latencyCount: row[7],
            facts: facts,
            inclusive: PromptFigures(uncached: row[15], length: row[16]),
            exclusive: PromptFigures(uncached: row[8], length: row[17]),
            shortCacheWrites: row[13]
        )
    }
}

extension UsageQuery {
    /// Whether sums are kept of what is asked for: not of users and traces, nor by the lengths that any table of prices may name.
    fileprivate var isInSums: Bool {
        traceId == nil && users == nil && grouping != .user
            && promptLengths.allSatisfy { SumColumns.promptLengths.contains($0) }
    }
}

extension String {
    /// The name in a column of sums; `nil` where the events have none.
    fileprivate var afterSign: String? { isEmpty ? nil : String(decoding: utf8.dropFirst(), as: UTF8.self) }
}
