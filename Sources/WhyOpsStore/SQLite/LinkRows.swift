import FoundationEssentials
import GRDB
import WhyOps

/// Links in the database.
enum LinkRows {
    /// Notes links inside the writer's transaction.
    ///
    /// Two traces that were given the same id leave it without meaning. A key of lineage lives from the last time.
    static func insert(_ links: [StitchLink], environment: Int, _ database: Database) throws {
        if links.isEmpty { return }
        let now = Date().timeIntervalSince1970
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO link_rows (environment, kind, echo, trace_id, is_ambiguous, created_at)
                VALUES (?, ?, ?, ?, 0, ?)
                ON CONFLICT DO UPDATE SET is_ambiguous = is_ambiguous OR trace_id <> excluded.trace_id,
                created_at = excluded.created_at WHERE trace_id <> excluded.trace_id OR kind = 'lineage'
                """
        )
        for link in links {
            try statement.execute(arguments: [
                environment, link.echo.kind.rawValue, link.echo.text, link.trace.text, now,
            ])
        }
    }
}
