import FoundationEssentials
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
                VALUES (?, ?, ?, ?, FALSE, ?)
                ON CONFLICT (environment, kind, echo) DO UPDATE
                SET is_ambiguous = link_rows.is_ambiguous OR link_rows.trace_id <> excluded.trace_id,
                created_at = excluded.created_at
                WHERE link_rows.trace_id <> excluded.trace_id OR link_rows.kind = 'lineage'
                """
        )
        // In one order for all nodes, so that none waits for another that waits for it.
        for link in links.sorted(by: { ($0.echo.kind.rawValue, $0.echo.text) < ($1.echo.kind.rawValue, $1.echo.text) })
        {
            try statement.execute(arguments: [
                environment, link.echo.kind.rawValue, link.echo.text.databaseKey, link.trace.text, now,
            ])
        }
    }
}
