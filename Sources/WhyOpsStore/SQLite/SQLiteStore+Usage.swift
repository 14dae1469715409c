import GRDB
import WhyOps

extension SQLiteStore {
    package func usage(matching query: UsageQuery, tenant: Tenant) async throws -> [UsageRow] {
        let filter = Self.filter(query, tenant)
        let group: String
        switch query.grouping {
        case .none: group = "NULL"
        case .time(.hour): group = "substr(e.timestamp, 1, 13)"
        case .time(.day): group = "substr(e.timestamp, 1, 10)"
        case .time(.week): group = "date(substr(e.timestamp, 1, 10), 'weekday 0', '-6 days')"
        case .time(.month): group = "substr(e.timestamp, 1, 7) || '-01'"
        case .user:
            group = """
                (SELECT t.external_user_id FROM traces t
                WHERE t.environment_id = e.environment_id AND t.trace_id = e.trace_id)
                """
        }
        return try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(group), \(Self.metadata("provider")), e.model,
                    \(Self.metadata("usage.cacheAccounting")), count(*), sum(e.event_type = 'error'),
                    coalesce(sum(e.latency_ms), 0), count(e.latency_ms), coalesce(sum(e.prompt_tokens), 0),
                    coalesce(sum(e.completion_tokens), 0), coalesce(sum(e.total_tokens), 0),
                    coalesce(sum(e.cache_read_tokens), 0),
                    coalesce(sum(max(coalesce(e.cache_write_tokens, 0),
                        coalesce(e.cache_write_5m_tokens, 0) + coalesce(e.cache_write_1h_tokens, 0))), 0),
                    coalesce(sum(e.cache_write_5m_tokens), 0), coalesce(sum(e.cache_write_1h_tokens), 0)
                    FROM events e WHERE \(filter.sql) GROUP BY 1, 2, 3, 4 ORDER BY 1
                    """,
                arguments: filter.arguments
            ).map { Self.usageRow($0) }
        }
    }

    package func threadCount(matching query: UsageQuery, tenant: Tenant) async throws -> Int {
        let filter = Self.filter(query, tenant)
        return try await read { database in
            try Int.fetchOne(
                database,
                sql: "SELECT count(DISTINCT e.trace_id) FROM events e WHERE \(filter.sql)",
                arguments: filter.arguments
            ) ?? 0
        }
    }

    private static func filter(_ query: UsageQuery, _ tenant: Tenant) -> Filter {
        var filter = Filter("e.environment_id = ?", tenant.environmentID)
        filter.add("e.trace_id = ?", query.traceId)
        filter.add("e.provider_id = ?", query.providerId)
        filter.add("e.agent_id = ?", query.agentID)
        filter.add("e.timestamp >= ?", query.startDate?.text)
        filter.add("e.timestamp <= ?", query.endDate?.text)
        filter.add("e.event_type IN ('llm_response', 'embedding_response', 'error')")
        return filter
    }

    /// A text of the metadata, which is JSON of any client: nothing in it may fail a query.
    private static func metadata(_ path: String) -> String {
        let value = "json_extract(e.metadata, '$.\(path)')"
        return "CASE WHEN json_valid(e.metadata) AND json_type(e.metadata, '$.\(path)') = 'text' THEN \(value) END"
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
            facts: facts
        )
    }
}
