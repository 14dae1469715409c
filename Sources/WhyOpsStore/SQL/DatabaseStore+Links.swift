import FoundationEssentials
import Synchronization
package import WhyOps

extension DatabaseStore {
    /// How long a key of lineage matches (TRC-41).
    private static let lineageLifetime = 24.0 * 3600

    /// How often old links are looked for, and the most that go at once, so that no writer waits for long.
    private static let pruningPeriod = Duration.seconds(60)
    private static let pruningLimit = 5000

    package func traces(of echoes: [EchoID], tenant: Tenant) async throws -> [EchoID: TraceID] {
        // Those that are older may be there still, since they go a few at a time.
        let limit = Date().timeIntervalSince1970 - stitchLinkLifetime
        return try await read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT trace_id FROM link_rows
                    WHERE environment = (SELECT number FROM environments WHERE id = ?) AND kind = ? AND echo = ?
                    AND NOT is_ambiguous AND created_at > ?
                    """
            )
            var traces: [EchoID: TraceID] = [:]
            for echo in echoes {
                let text = try String.fetchOne(
                    statement,
                    arguments: [tenant.environmentID, echo.kind.rawValue, echo.text.databaseKey, limit]
                )
                traces[echo] = text.flatMap { TraceID($0) }
            }
            return traces
        }
    }

    package func lineages(_ keys: [EchoID], tenant: Tenant) async throws -> [EchoID: StoredLineage] {
        let limit = Date().timeIntervalSince1970 - Self.lineageLifetime
        return try await read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT trace_id, is_ambiguous, created_at FROM link_rows
                    WHERE environment = (SELECT number FROM environments WHERE id = ?) AND kind = ? AND echo = ?
                    """
            )
            var lineages: [EchoID: StoredLineage] = [:]
            for key in keys {
                let row = try Row.fetchOne(
                    statement,
                    arguments: [tenant.environmentID, key.kind.rawValue, key.text.databaseKey]
                )
                guard let row else { continue }
                let trace: String = row[0]
                let isAmbiguous: Bool = row[1]
                let createdAt: Double = row[2]
                lineages[key] = StoredLineage(trace: isAmbiguous ? nil : TraceID(trace), isLive: createdAt > limit)
            }
            return lineages
        }
    }

    /// Forgets old links when it is time to.
    func pruneLinksNowAndThen() async throws {
        let isTime = pruned.withLock { pruned in
            let now = ContinuousClock.now
            guard now - pruned > Self.pruningPeriod else { return false }
            pruned = now
            return true
        }
        if isTime { try await pruneLinks() }
    }

    /// Forgets links that have outlived their use, some of them at a time.
    func pruneLinks() async throws {
        let limit = Date().timeIntervalSince1970 - stitchLinkLifetime
        try await pool.append { database in
            try database.execute(
                sql: """
                    DELETE FROM link_rows WHERE key IN
                    (SELECT key FROM link_rows WHERE created_at < ? LIMIT ?\(database.dialect.passingLocked))
                    """,
                arguments: [limit, Self.pruningLimit]
            )
        }
    }
}
