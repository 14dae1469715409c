import FoundationEssentials
import WhyOps

/// What is known of an append before the writer's turn: its request's key and what the key stands for (ING-23).
struct RequestIdentity: Sendable {
    let key: String
    /// Of the events' canonical encodings without their times, and of what is no event as it came.
    let digest: String

    init?(_ key: String?, _ events: [Event]) {
        guard let key else { return nil }
        self.key = key
        digest = SHA256.hex(of: events.reduce(into: []) { $0 += Self.line(of: $1) })
    }

    /// A request that may be stored in part is never the same as one that may not: their answers have another form.
    init?(_ key: String?, _ parts: [PartialItem]) {
        guard let key else { return nil }
        self.key = key
        var text = Array("partial\n".utf8)
        for part in parts {
            if let event = part.event {
                text += Self.line(of: event)
            } else {
                // With its length, since it may hold any bytes, also those that end a line.
                text += Array("invalid \(part.letter.event.count)\n".utf8) + part.letter.event
            }
        }
        digest = SHA256.hex(of: text)
    }

    private static func line(of event: Event) -> [UInt8] {
        var event = event
        event.timestamp = nil
        return event.canonicalJSON + [UInt8(ascii: "\n")]
    }
}

/// Requests that were answered under a key of their own.
struct RequestRows {
    let environmentID: String
    let database: Database

    /// How long a key is remembered at least; a day is promised.
    private static let lifetime = 48.0 * 3600
    private static let pruningLimit = 20

    /// The results of the request that had the key first, as a repetition gets them.
    func results(of request: RequestIdentity) throws -> [AppendResult]? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                // Locked, so that there is something to commit: its answer, too, waits for the standbys to have it (STO-2).
                sql: """
                    SELECT digest, results FROM idempotent_requests WHERE environment_id = ? AND key = ?\
                    \(database.dialect.locking)
                    """
            ),
            arguments: [environmentID, request.key]
        )
        guard let row else { return nil }
        let digest: String = row[0]
        guard digest == request.digest else {
            throw StoreError(
                .requestReused,
                """
                The Idempotency-Key stands for another request: with other events, or with or without partial=true. Use a new \
                key for this one.
                """
            )
        }
        let results: String = row[1]
        return try Self.reading(results)
    }

    func insert(_ request: RequestIdentity, _ results: [AppendResult]) throws {
        let now = Date().timeIntervalSince1970
        // Each insertion takes a few old ones away, so that they never grow and no writer waits for a great cleaning.
        try database.cachedStatement(
            sql: """
                DELETE FROM idempotent_requests WHERE (environment_id, key) IN
                (SELECT environment_id, key FROM idempotent_requests WHERE created_at < ?
                LIMIT \(Self.pruningLimit)\(database.dialect.passingLocked))
                """
        ).execute(arguments: [now - Self.lifetime])
        try database.cachedStatement(
            sql: """
                INSERT INTO idempotent_requests (environment_id, key, digest, results, created_at) VALUES (?, ?, ?, ?, ?)
                """
        ).execute(arguments: [environmentID, request.key, request.digest, Self.text(results), now])
    }

    private static func text(_ results: [AppendResult]) -> String {
        var writer = JSONWriter()
        writer.array { writer in
            for result in results {
                writer.object { writer in
                    writer.member("id", result.id)
                    writer.member("status", result.status.rawValue)
                    writer.member("step", result.stepId)
                    writer.member("parent", result.parentStepId)
                    writer.member("span", result.spanId)
                    writer.member("message", result.message)
                    writer.member("letter", result.deadLetterID)
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func reading(_ text: String) throws -> [AppendResult] {
        try JSONDocument(Array(text.utf8)).root.children.map { item in
            let status = AppendResult.Status(rawValue: item["status"]?.string ?? "") ?? .skipped
            let isStored = status == .saved
            return AppendResult(
                id: item["id"]?.string ?? "",
                status: isStored ? .skipped : status,
                stepId: item["step"]?.integer ?? 0,
                parentStepId: item["parent"]?.integer,
                spanId: item["span"]?.string ?? "",
                message: isStored ? "Request already answered (idempotency check)" : item["message"]?.string,
                deadLetterID: item["letter"]?.string
            )
        }
    }
}
