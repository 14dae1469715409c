import Synchronization
package import WhyOps

extension DatabaseStore {
    /// Threads that one search looks into, and how long it may.
    private static let searchLimit = 2000
    private static let searchTime = Duration.seconds(2)

    package func searchThreads(
        _ text: String,
        matching query: ThreadQuery,
        tenant: Tenant
    ) async throws -> ThreadSearch {
        let pattern = SearchPattern(text)
        let progress = SearchProgress()
        do {
            try await searches.run(for: tenant.environmentID, atMost: Self.searchTime) { database in
                // It runs again where its connection was lost.
                progress.begin()
                let filter = try Self.filter(query, tenant, database)
                let candidates = try String.fetchAll(
                    database,
                    sql: """
                        SELECT t.trace_id FROM trace_rows t WHERE \(filter.sql)
                        ORDER BY t.last_activity DESC, t.trace_id LIMIT ?
                        """,
                    arguments: filter.arguments + [Self.searchLimit + 1]
                )
                let statement = try database.makeStatement(sql: pattern.sql(database.dialect))
                for traceID in candidates.prefix(Self.searchLimit) {
                    let arguments: StatementArguments = [tenant.environmentID, traceID]
                    let isThere = try Bool.fetchOne(statement, arguments: arguments + pattern.arguments) == true
                    progress.note(traceID, isFound: isThere)
                }
                if candidates.count <= Self.searchLimit { progress.complete() }
            }
        } catch let error as DatabaseError {
            throw readingFailed(error)
        }
        let result = progress.result
        let page = result.found.dropFirst(query.page.offset).prefix(query.page.limit)
        let threads = try await read(for: tenant) { database in
            let threads = try page.compactMap { traceID in
                try Row.fetchOne(
                    database,
                    sql: """
                        SELECT \(Self.threadColumns) FROM \(Self.threadTables)
                        WHERE t.environment = (SELECT number FROM environments WHERE id = ?) AND t.trace_id = ?
                        """,
                    arguments: [tenant.environmentID, traceID]
                ).map { Self.thread($0) }
            }
            return try Self.complete(threads, withDefinition: query.wantsDefinition, database)
        }
        return ThreadSearch(
            page: Page(items: threads, total: result.found.count),
            searched: result.searched,
            isComplete: result.isComplete
        )
    }

    package func changedThreads(
        since moment: Timestamp,
        limit: Int,
        tenant: Tenant
    ) async throws -> [StoredThread] {
        try await read(for: tenant) { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.threadColumns) FROM \(Self.threadTables)
                    WHERE t.environment = (SELECT number FROM environments WHERE id = ?) AND t.last_activity >= ?
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
    ) async throws -> LabelledEvents? {
        var filter = Filter("environment_id = ?", tenant.environmentID)
        filter.add("trace_id = ?", traceId)
        filter.add("timestamp >= ?", query.startDate?.text)
        filter.add("timestamp <= ?", query.endDate?.text)
        return try await read(for: tenant) { [filter] database in
            let isThere = try Bool.fetchOne(
                database,
                sql: "SELECT 1 FROM traces WHERE environment_id = ? AND trace_id = ?",
                arguments: [tenant.environmentID, traceId]
            )
            guard isThere == true else { return nil }
            // One after the other: the metadata of all of them together may be larger than memory.
            let statement = try database.makeStatement(
                sql: """
                    SELECT \(EventRow.columns(.metadata)) FROM events WHERE \(filter.sql) ORDER BY step_id LIMIT ?
                    """
            )
            var events: [LabelledEvent] = []
            var links: Set<ExactText> = []
            var room = EventRoom(Self.graphBytes)
            var isCut = false
            try statement.forEachRow(filter.arguments + [query.limit]) { row in
                guard room.isThere else {
                    isCut = true
                    return false
                }
                let stored = EventRow.event(row)
                room.take(stored.event)
                var event = LabelledEvent(stored)
                // Only the first event that names a trace counts (ING-53).
                event.links = event.links.filter {
                    links.count < Self.graphLinks && links.insert(ExactText($0)).inserted
                }
                events.append(event)
                return true
            }
            return LabelledEvents(events: events, isCut: isCut)
        }
    }

    /// Bytes of metadata that are read for one graph (ING-54), and other traces that it names (ING-53).
    private static var graphBytes: Int { 64 << 20 }
    private static var graphLinks: Int { 10_000 }
}

/// How far a search has come; what it found stays when its time is up.
private final class SearchProgress: Sendable {
    struct Result {
        var found: [String] = []
        var searched = 0
        var isComplete = false
    }

    private let state = Mutex(Result())

    var result: Result { state.withLock { $0 } }

    func note(_ traceID: String, isFound: Bool) {
        state.withLock { state in
            state.searched += 1
            if isFound { state.found.append(traceID) }
        }
    }

    func begin() {
        state.withLock { $0 = Result() }
    }

    func complete() {
        state.withLock { $0.isComplete = true }
    }
}

/// A text as it may stand in what is stored (ING-46).
///
/// It is looked for by its place, which compares whole runs of bytes: `LIKE` takes the product of both lengths, and cannot be
/// interrupted inside one value.
private struct SearchPattern {
    /// How many spellings there are.
    private let count: Int
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
        // A text with U+0000 stands nowhere as it is.
        let raw = text.utf8.contains(0) ? quoted : text
        let plain = Self.folded(raw)
        // By bytes: two texts that only look the same are two spellings.
        var spellings: [[UInt8]] = []
        for spelling in [raw, quoted, ascii].map({ Array(Self.folded($0).utf8) }) where !spellings.contains(spelling) {
            spellings.append(spelling)
        }
        count = spellings.count
        arguments = StatementArguments([plain] + spellings.map { String(decoding: $0, as: UTF8.self) })
    }

    func sql(_ dialect: Dialect) -> String {
        func has(_ column: String, _ parameter: Int) -> String {
            dialect.position("lower(\(column))", "?\(parameter)") + " > 0"
        }
        let contents = (0..<count).map { has("e.content", 4 + $0) }.joined(separator: " OR ")
        return """
            SELECT EXISTS (SELECT 1 FROM traces t JOIN agents a ON a.id = t.agent_id
            WHERE t.environment_id = ?1 AND t.trace_id = ?2 AND (\(has("t.trace_id", 3))
            OR \(has("a.name", 3)) OR \(has("t.external_user_id", 3))
            OR EXISTS (SELECT 1 FROM events e WHERE e.environment_id = ?1 AND e.trace_id = ?2
            AND (\(has("e.agent_name", 3)) OR \(has("e.external_user_id", 3)) OR \(contents)))))
            """
    }

    /// Capital letters of ASCII as small ones, as the database's `lower` does it.
    private static func folded(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }
}
