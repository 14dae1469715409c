import WhyOps

extension DatabaseStore {
    package func usage(matching query: UsageQuery, tenant: Tenant) async throws -> [UsageRow] {
        let filter = Self.filter(query, tenant)
        let group: String
        switch query.grouping {
        case .none: group = "NULL"
        case .time(.hour): group = "substr(e.timestamp, 1, 13)"
        case .time(.day): group = "substr(e.timestamp, 1, 10)"
        case .time(.week): group = pool.dialect.weekStart("substr(e.timestamp, 1, 10)")
        case .time(.month): group = "substr(e.timestamp, 1, 7) || '-01'"
        case .user: group = "(SELECT t.external_user_id FROM trace_rows t WHERE t.key = e.trace)"
        }
        let lengths = query.promptLengths
        let whole = "CASE WHEN prompt < cached THEN prompt + cached ELSE prompt END"
        let inclusive = Self.greatest(of: lengths, below: whole)
        let exclusive = Self.greatest(of: lengths, below: "prompt + cached")
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
                        \(Self.greater(written, "\(short) + \(long)")) AS writes,
                        \(Self.greater("\(written) - \(long)", short)) AS short_writes,
                        \(long) AS long_writes
                        FROM event_rows e WHERE \(filter.sql)
                    ) AS figures) AS sums GROUP BY 1, 2, 3, 4, 17, 18
                    ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3 NULLS FIRST
                    """,
                arguments: filter.arguments
            ).map { Self.usageRow($0) }
        }
    }

    /// The greater one of two expressions.
    private static func greater(_ one: String, _ other: String) -> String {
        "CASE WHEN \(one) > \(other) THEN \(one) ELSE \(other) END"
    }

    /// The greatest of some numbers that an expression exceeds, else 0.
    private static func greatest(of numbers: [Int], below expression: String) -> String {
        if numbers.isEmpty { return "0" }
        let cases = numbers.sorted(by: >).map { "WHEN (\(expression)) > \($0) THEN \($0)" }
        return "CASE \(cases.joined(separator: " ")) ELSE 0 END"
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

    private static func usageRow(_ row: Row) -> UsageRow {
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
            provider: row[1],
            model: row[2],
            accounting: row[3],
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
