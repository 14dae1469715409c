import GRDB
package import WhyOps

extension SQLiteStore {
    /// Threads that one search looks into, and how long it may.
    private static let searchLimit = 2000
    private static let searchTime = Duration.seconds(2)

    package func searchThreads(
        _ text: String,
        matching query: ThreadQuery,
        tenant: Tenant
    ) async throws -> ThreadSearch {
        let filter = Self.filter(query, tenant)
        let pattern = SearchPattern(text)
        let start = ContinuousClock.now
        return try await read { database in
            let candidates = try String.fetchAll(
                database,
                sql: """
                    SELECT t.trace_id FROM \(Self.threadTables) WHERE \(filter.sql)
                    ORDER BY t.last_activity DESC, t.trace_id LIMIT ?
                    """,
                arguments: filter.arguments + [Self.searchLimit + 1]
            )
            let statement = try database.makeStatement(sql: pattern.sql)
            var found: [String] = []
            var searched = 0
            for traceID in candidates.prefix(Self.searchLimit) {
                if ContinuousClock.now - start > Self.searchTime { break }
                searched += 1
                let arguments: StatementArguments = [tenant.environmentID, traceID]
                if try Bool.fetchOne(statement, arguments: arguments + pattern.arguments) == true {
                    found.append(traceID)
                }
            }
            let page = found.dropFirst(query.page.offset).prefix(query.page.limit)
            let threads = try page.compactMap { traceID in
                try Row.fetchOne(
                    database,
                    sql: """
                        SELECT \(Self.threadColumns) FROM \(Self.threadTables)
                        WHERE t.environment_id = ? AND t.trace_id = ?
                        """,
                    arguments: [tenant.environmentID, traceID]
                ).map { Self.thread($0) }
            }
            return ThreadSearch(
                page: Page(items: threads, total: found.count),
                searched: searched,
                isComplete: searched == candidates.count
            )
        }
    }

    package func changedThreads(
        since moment: Timestamp,
        limit: Int,
        tenant: Tenant
    ) async throws -> [StoredThread] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.threadColumns) FROM \(Self.threadTables)
                    WHERE t.environment_id = ? AND t.last_activity >= ?
                    ORDER BY t.last_activity DESC, t.trace_id LIMIT ?
                    """,
                arguments: [tenant.environmentID, moment.text, limit]
            ).reversed().map { Self.thread($0) }
        }
    }

    package func graphEvents(
        of traceId: String,
        matching query: GraphQuery,
        tenant: Tenant
    ) async throws -> [StoredEvent]? {
        var filter = Filter("environment_id = ?", tenant.environmentID)
        filter.add("trace_id = ?", traceId)
        filter.add("timestamp >= ?", query.startDate?.text)
        filter.add("timestamp <= ?", query.endDate?.text)
        return try await read { [filter] database in
            let isThere = try Bool.fetchOne(
                database,
                sql: "SELECT 1 FROM traces WHERE environment_id = ? AND trace_id = ?",
                arguments: [tenant.environmentID, traceId]
            )
            guard isThere == true else { return nil }
            return try Row.fetchAll(
                database,
                sql:
                    "SELECT \(EventRow.columnsWithoutContent) FROM events WHERE \(filter.sql) ORDER BY step_id LIMIT ?",
                arguments: filter.arguments + [query.limit]
            ).map { EventRow.event($0) }
        }
    }
}

/// A text as it may stand in what is stored (ING-46).
private struct SearchPattern {
    let sql: String
    let arguments: StatementArguments

    init(_ text: String) {
        var writer = JSONWriter()
        writer.string(text)
        let quoted = String(decoding: writer.bytes.dropFirst().dropLast(), as: UTF8.self)
        var ascii = ""
        for scalar in quoted.unicodeScalars {
            if scalar.isASCII {
                ascii.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    ascii += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        let plain = Self.like(text)
        var spellings: [String] = []
        for spelling in [plain, Self.like(quoted), Self.like(ascii)] where !spellings.contains(spelling) {
            spellings.append(spelling)
        }
        let contents = spellings.map { _ in "e.content LIKE ? ESCAPE '!'" }.joined(separator: " OR ")
        sql = """
            SELECT EXISTS (SELECT 1 FROM traces t JOIN agents a ON a.id = t.agent_id
            WHERE t.environment_id = ?1 AND t.trace_id = ?2 AND (t.trace_id LIKE ?3 ESCAPE '!'
            OR a.name LIKE ?3 ESCAPE '!' OR t.external_user_id LIKE ?3 ESCAPE '!'
            OR EXISTS (SELECT 1 FROM events e WHERE e.environment_id = ?1 AND e.trace_id = ?2 AND (\(contents)))))
            """
        arguments = StatementArguments([plain] + spellings)
    }

    private static func like(_ text: String) -> String {
        var pattern = "%"
        for scalar in text.unicodeScalars {
            if "%_!".unicodeScalars.contains(scalar) { pattern += "!" }
            pattern.unicodeScalars.append(scalar)
        }
        return pattern + "%"
    }
}
