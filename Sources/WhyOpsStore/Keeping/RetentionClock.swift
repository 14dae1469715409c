import FoundationEssentials
import WhyOps

/// The time that ages are measured by: one that a clock which leaps ahead does not take along (STO-24).
struct RetentionClock {
    /// How much faster than the clock that nobody can set it may run.
    static let speed = 24.0

    /// Seconds since 1970.
    let time: Double
    /// By how much the clock of the machine is ahead, in seconds.
    let lead: Double

    /// Lets the believed time follow the clock.
    ///
    /// - Parameters:
    ///   - now: the time of day of the process, in seconds since 1970.
    ///   - elapsed: for how long the process has run since it did this last, by a clock that nobody can set.
    static func advance(to now: Double, elapsed: Double, _ database: Database) throws -> RetentionClock {
        var now = now
        if let clock = database.dialect.clock, let servers = try Double.fetchOne(database, sql: "SELECT \(clock)") {
            now = min(now, servers)
        }
        let believed = try Double.fetchOne(database, sql: "SELECT believed FROM retention_clock WHERE id = 1")
        let time = min(now, try believed.map { $0 + max(0, elapsed) * speed } ?? newestActivity(database) ?? now)
        try database.execute(
            sql: """
                INSERT INTO retention_clock (id, believed) VALUES (1, ?)
                ON CONFLICT (id) DO UPDATE SET believed = excluded.believed
                """,
            arguments: [time]
        )
        return RetentionClock(time: time, lead: now - time)
    }

    /// Where there is no believed time yet, it is that at which the store was last written.
    private static func newestActivity(_ database: Database) throws -> Double? {
        let text = try String.fetchOne(
            database,
            sql: """
                SELECT max((SELECT max(t.last_activity) FROM trace_rows t WHERE t.environment = e.number))
                FROM environments e
                """
        )
        return text.flatMap { Timestamp($0) }.map { Double($0.milliseconds) / 1000 }
    }
}
