import FoundationEssentials
import WhyOps

extension DatabaseStore {
    /// How much of a project is kept, as it says itself (STO-20).
    package func retention(ofProject name: String) async throws -> ProjectRetention {
        let row = try await read {
            try Row.fetchOne(
                $0,
                sql: "SELECT keep_seconds, keep_bytes FROM projects WHERE name = ?",
                arguments: [name]
            ).map { ProjectRetention(age: $0[0], bytes: $0[1]) }
        }
        guard let row else { throw StoreError(.unknownEnvironment, "There is no project '\(name)'.") }
        return row
    }

    /// Changes how much of a project is kept; what is `nil` stays as it is.
    package func setRetention(
        age: RetentionChoice<Double>?,
        bytes: RetentionChoice<Int>?,
        ofProject name: String
    ) async throws {
        try await write { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT keep_seconds, keep_bytes FROM projects WHERE name = ?\(database.dialect.locking)",
                arguments: [name]
            )
            guard let row else { throw StoreError(.unknownEnvironment, "There is no project '\(name)'.") }
            var retention = ProjectRetention(age: row[0], bytes: row[1])
            retention.age = age ?? retention.age
            retention.bytes = bytes ?? retention.bytes
            let columns = retention.columns
            try database.execute(
                sql: "UPDATE projects SET keep_seconds = ?, keep_bytes = ? WHERE name = ?",
                arguments: [columns.age, columns.bytes, name]
            )
        }
    }

    /// Removes what is to be kept no longer (STO-21 to STO-29), in transactions of bounded size, between which others write.
    ///
    /// - Parameters:
    ///   - standard: of projects that say nothing themselves.
    ///   - now: the time of day, in seconds since 1970.
    ///   - elapsed: how long the process has run since the last call, by a clock that nobody can set.
    ///   - onProgress: told after every transaction what has gone in it.
    /// - Throws: `CancellationError` between two transactions when the task is cancelled.
    package func retain(
        _ standard: RetentionLimits,
        now: Double = Date().timeIntervalSince1970,
        elapsed: Duration,
        onProgress: @escaping @Sendable (RetentionReport) -> Void = { _ in }
    ) async throws -> RetentionReport {
        let clock = try await write {
            try RetentionClock.advance(to: now, elapsed: elapsed / .seconds(1), $0)
        }
        let plan = try await read { try RetentionPlan(standard, $0) }
        var run = RetentionRun(store: self, clock: clock, onProgress: onProgress)
        // What an earlier run did not come to.
        try await run.clear()
        for project in plan.projects {
            if let age = project.limits.age { try await run.remove(olderThan: age, of: project) }
            if let bytes = project.limits.bytes { try await run.remove(beyond: bytes, of: project) }
        }
        run.report.clockLead = clock.lead
        return run.report
    }
}
