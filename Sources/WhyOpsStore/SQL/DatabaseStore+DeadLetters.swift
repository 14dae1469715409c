import WhyOps

extension DatabaseStore {
    package func insertDeadLetters(_ letters: [DeadLetter], tenant: Tenant) async throws -> [String?] {
        if letters.isEmpty { return [] }
        return try await write { database in
            try DeadLetterRows(environmentID: tenant.environmentID, database: database).insert(letters)
        }
    }

    package func deadLetters(page: PageRequest, tenant: Tenant) async throws -> Page<StoredDeadLetter> {
        try await read(for: tenant) { database in
            let total = try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM dead_letters WHERE environment_id = ?",
                arguments: [tenant.environmentID]
            )
            let columns = DeadLetterRows.columns(withEvent: page.parts.contains(.content))
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(columns) FROM dead_letters WHERE environment_id = ?
                    ORDER BY number DESC LIMIT ? OFFSET ?
                    """,
                arguments: [tenant.environmentID, page.limit, page.offset]
            )
            return Page(items: rows.map { DeadLetterRows.letter($0) }, total: total ?? 0)
        }
    }

    package func deadLetter(id: String, tenant: Tenant) async throws -> StoredDeadLetter? {
        try await read(for: tenant) { database in
            try Row.fetchOne(
                database,
                sql:
                    "SELECT \(DeadLetterRows.columns(withEvent: true)) FROM dead_letters WHERE id = ? AND environment_id = ?",
                arguments: [id, tenant.environmentID]
            ).map { DeadLetterRows.letter($0) }
        }
    }

    package func oldestDeadLetterIDs(
        among ids: [String]?,
        limit: Int,
        tenant: Tenant
    ) async throws -> [String] {
        try await read(for: tenant) { database in
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
                    UPDATE dead_letters SET code = ?1, message = ?2, details = ?3, attempts = attempts + 1, updated_at = ?4,
                    byte_count = length(event) + ?5 WHERE id = ?6 AND environment_id = ?7
                    """,
                arguments: [
                    reason.code.rawValue, reason.message.databaseLabel,
                    String(decoding: reason.details, as: UTF8.self).databaseLabel,
                    Identifiers.now(), reason.byteCount, id, tenant.environmentID,
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

extension DeadLetter.Reason {
    /// What it adds to the size of its letter.
    fileprivate var byteCount: Int { message.utf8.count + details.count }
}

/// Dead letters in the database.
struct DeadLetterRows {
    let environmentID: String
    let database: Database

    /// The length of an event is known without reading it.
    static func columns(withEvent: Bool) -> String {
        """
        id, source, code, message, details, event_type, trace_id, agent_name, \(withEvent ? "event" : "NULL"), attempts,
        created_at, updated_at, fixed_type, profile, external_user_id, length(event)
        """
    }

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
            sending: DeadLetter.Sending(
                fixedType: (row[12] as String?).flatMap { EventType(rawValue: $0) },
                profile: EventProfile(name: row[13]) ?? .original,
                externalUserId: row[14]
            ),
            event: row[8] as [UInt8]? ?? []
        )
        return StoredDeadLetter(
            id: row[0],
            letter: letter,
            eventBytes: row[15],
            attempts: row[9],
            createdAt: row[10],
            updatedAt: row[11]
        )
    }

    /// Keeps as many letters as there is room for, and gives their ids; one that cannot be kept is no reason to fail, since
    /// its sender is told.
    func insert(_ letters: [DeadLetter]) throws -> [String?] {
        var room = try self.room()
        return try letters.map { letter in
            let bytes = letter.event.count + letter.reason.byteCount
            guard room.letters > 0, room.bytes >= bytes else { return nil }
            do {
                var id: String?
                try database.inSavepoint {
                    id = try insert(letter, bytes: bytes)
                    return .commit
                }
                room.letters -= 1
                room.bytes -= bytes
                return id
            } catch let error where database.isInsideTransaction && StoreError(writing: error, "").code == .refused {
                return nil
            }
        }
    }

    /// How many more letters there may be, and of how many bytes.
    private func room() throws -> (letters: Int, bytes: Int) {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT count(*), coalesce(sum(byte_count), 0) FROM dead_letters WHERE environment_id = ?",
            arguments: [environmentID]
        )
        return (Self.maximumCount - (row?[0] ?? 0), Self.maximumBytes - (row?[1] ?? 0))
    }

    private func insert(_ letter: DeadLetter, bytes: Int) throws -> String {
        let id = Identifiers.uuid()
        let now = Identifiers.now()
        try database.execute(
            sql: """
                INSERT INTO dead_letters (id, environment_id, source, code, message, details, event_type, trace_id,
                agent_name, attempts, event, created_at, updated_at, fixed_type, profile, external_user_id, byte_count)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id, environmentID, letter.source.rawValue, letter.reason.code.rawValue,
                letter.reason.message.databaseLabel,
                String(decoding: letter.reason.details, as: UTF8.self).databaseLabel, letter.eventType, letter.traceId,
                letter.agentName, letter.event, now, now,
                letter.sending.fixedType?.rawValue, letter.sending.profile.rawValue,
                letter.sending.externalUserId?.databaseLabel, bytes,
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

    /// Takes away what an agent's events said, wherever they lie (ING-36).
    func delete(ofAgent agentID: String) throws {
        try database.execute(
            sql: """
                DELETE FROM dead_letters WHERE environment_id = ?1
                AND agent_name = (SELECT name FROM agents WHERE id = ?2 AND environment_id = ?1)
                """,
            arguments: [environmentID, agentID]
        )
    }

    /// Takes away a letter whose event is stored now.
    ///
    /// - Throws: `unknownDeadLetter` where somebody else was faster, so that the event is stored once.
    func settle(_ id: String) throws {
        guard try delete(id) else { throw StoreError(.unknownDeadLetter, "The dead letter is gone.") }
    }
}
