import GRDB

extension SQLiteStore {
    package func insertDeadLetters(_ letters: [DeadLetter], tenant: Tenant) async throws -> [String?] {
        if letters.isEmpty { return [] }
        return try await write { database in
            let rows = DeadLetterRows(environmentID: tenant.environmentID, database: database)
            var room = try rows.room()
            return try letters.map { letter in
                guard room.letters > 0, room.bytes >= letter.event.count else { return nil }
                room.letters -= 1
                room.bytes -= letter.event.count
                return try rows.insert(letter)
            }
        }
    }

    package func deadLetters(page: PageRequest, tenant: Tenant) async throws -> Page<StoredDeadLetter> {
        try await read { database in
            let total = try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM dead_letters WHERE environment_id = ?",
                arguments: [tenant.environmentID]
            )
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(DeadLetterRows.columns) FROM dead_letters WHERE environment_id = ?
                    ORDER BY number DESC LIMIT ? OFFSET ?
                    """,
                arguments: [tenant.environmentID, page.limit, page.offset]
            )
            return Page(items: rows.map { DeadLetterRows.letter($0) }, total: total ?? 0)
        }
    }

    package func deadLetter(id: String, tenant: Tenant) async throws -> StoredDeadLetter? {
        try await read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT \(DeadLetterRows.columns) FROM dead_letters WHERE id = ? AND environment_id = ?",
                arguments: [id, tenant.environmentID]
            ).map { DeadLetterRows.letter($0) }
        }
    }

    package func oldestDeadLetterIDs(
        among ids: [String]?,
        limit: Int,
        tenant: Tenant
    ) async throws -> [String] {
        try await read { database in
            let places = ids.map { "AND id IN (\(databaseQuestionMarks(count: $0.count)))" } ?? ""
            return try String.fetchAll(
                database,
                sql: "SELECT id FROM dead_letters WHERE environment_id = ? \(places) ORDER BY number LIMIT ?",
                arguments: [tenant.environmentID] + StatementArguments(ids ?? []) + [limit]
            )
        }
    }

    package func noteFailure(
        ofDeadLetter id: String,
        _ reason: DeadLetter.Reason,
        tenant: Tenant
    ) async throws {
        try await write { database in
            try database.execute(
                sql: """
                    UPDATE dead_letters SET code = ?, message = ?, details = ?, attempts = attempts + 1, updated_at = ?
                    WHERE id = ? AND environment_id = ?
                    """,
                arguments: [
                    reason.code.rawValue, reason.message, String(decoding: reason.details, as: UTF8.self),
                    Identifiers.now(), id, tenant.environmentID,
                ]
            )
        }
    }

    package func deleteDeadLetters(_ ids: [String]?, tenant: Tenant) async throws -> Int {
        try await write { database in
            guard let ids else {
                try database.execute(
                    sql: "DELETE FROM dead_letters WHERE environment_id = ?",
                    arguments: [tenant.environmentID]
                )
                return database.changesCount
            }
            let rows = DeadLetterRows(environmentID: tenant.environmentID, database: database)
            return try ids.reduce(0) { try rows.delete($1) ? $0 + 1 : $0 }
        }
    }
}

/// Dead letters in the database.
struct DeadLetterRows {
    let environmentID: String
    let database: Database

    static let columns = """
        id, source, code, message, details, event_type, trace_id, agent_name, event, attempts, created_at, updated_at
        """
    private static let maximumCount = 10_000
    private static let maximumBytes = 64 << 20

    static func letter(_ row: Row) -> StoredDeadLetter {
        let details: String = row[4]
        let reason = DeadLetter.Reason(
            DeadLetter.Reason.Code(rawValue: row[2]) ?? .refused,
            row[3],
            details: Array(details.utf8)
        )
        let letter = DeadLetter(
            source: DeadLetter.Source(rawValue: row[1]) ?? .ingest,
            reason: reason,
            eventType: row[5],
            traceId: row[6],
            agentName: row[7],
            event: Self.bytes(row[8])
        )
        return StoredDeadLetter(id: row[0], letter: letter, attempts: row[9], createdAt: row[10], updatedAt: row[11])
    }

    private static func bytes(_ value: DatabaseValue) -> [UInt8] {
        guard case .blob(let data) = value.storage else { return [] }
        return Array(data)
    }

    /// How many more letters there may be, and of how many bytes.
    func room() throws -> (letters: Int, bytes: Int) {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT count(*), coalesce(sum(length(event)), 0) FROM dead_letters WHERE environment_id = ?",
            arguments: [environmentID]
        )
        return (Self.maximumCount - (row?[0] ?? 0), Self.maximumBytes - (row?[1] ?? 0))
    }

    func insert(_ letter: DeadLetter) throws -> String {
        let id = Identifiers.uuid()
        let now = Identifiers.now()
        try database.execute(
            sql: """
                INSERT INTO dead_letters (id, environment_id, source, code, message, details, event_type, trace_id,
                agent_name, attempts, event, created_at, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, CAST(? AS BLOB), ?, ?)
                """,
            arguments: [
                id, environmentID, letter.source.rawValue, letter.reason.code.rawValue, letter.reason.message,
                String(decoding: letter.reason.details, as: UTF8.self), letter.eventType, letter.traceId,
                letter.agentName, String(decoding: letter.event, as: UTF8.self), now, now,
            ]
        )
        return id
    }

    /// Whether there was one.
    func delete(_ id: String) throws -> Bool {
        try database.execute(
            sql: "DELETE FROM dead_letters WHERE id = ? AND environment_id = ?",
            arguments: [id, environmentID]
        )
        return database.changesCount > 0
    }

    /// Takes away a letter whose event is stored now.
    ///
    /// - Throws: `unknownDeadLetter` where somebody else was faster, so that the event is stored once.
    func settle(_ id: String) throws {
        guard try delete(id) else { throw StoreError(.unknownDeadLetter, "The dead letter is gone.") }
    }
}
