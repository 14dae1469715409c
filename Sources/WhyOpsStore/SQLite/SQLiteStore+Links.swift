import FoundationEssentials
import GRDB
package import WhyOps

extension SQLiteStore {
    /// How long a link is kept: a conversation that rests longer is stitched by its text.
    private static let linkLifetime = 30.0 * 24 * 3600

    package func insertLinks(_ links: [StitchLink], tenant: Tenant) async throws {
        let now = Date().timeIntervalSince1970
        try await pool.write { database in
            let statement = try database.cachedStatement(
                // Two traces that were given the same id leave it without meaning.
                sql: """
                    INSERT INTO stitch_links (environment_id, kind, echo, trace_id, is_ambiguous, created_at)
                    VALUES (?, ?, ?, ?, 0, ?)
                    ON CONFLICT DO UPDATE SET is_ambiguous = 1 WHERE trace_id <> excluded.trace_id
                    """
            )
            for link in links {
                try statement.execute(arguments: [
                    tenant.environmentID, link.echo.kind.rawValue, link.echo.text, link.trace.text, now,
                ])
            }
        }
    }

    package func traces(of echoes: [EchoID], tenant: Tenant) async throws -> [EchoID: TraceID] {
        try await pool.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT trace_id FROM stitch_links
                    WHERE environment_id = ? AND kind = ? AND echo = ? AND NOT is_ambiguous
                    """
            )
            var traces: [EchoID: TraceID] = [:]
            for echo in echoes {
                let text = try String.fetchOne(
                    statement,
                    arguments: [tenant.environmentID, echo.kind.rawValue, echo.text]
                )
                traces[echo] = text.flatMap { TraceID($0) }
            }
            return traces
        }
    }

    /// Forgets links that have outlived their use.
    func pruneLinks() async throws {
        let limit = Date().timeIntervalSince1970 - Self.linkLifetime
        try await pool.write {
            try $0.execute(sql: "DELETE FROM stitch_links WHERE created_at < ?", arguments: [limit])
        }
    }
}
