import WhyOps

/// One run of retention over a store.
struct RetentionRun {
    /// Traces that go out of sight in one transaction.
    private static let group = 100
    /// Traces that are out of sight at once, so that what they had does not wait for all others.
    private static let round = 10_000
    /// How long a transaction erases.
    private static let slice = Duration.milliseconds(20)
    /// Links that are looked at in one go, and how much later than its trace's last event a link may be, in seconds.
    private static let links = 1000
    private static let linkLag = 60.0
    /// A trace that got an event within so many seconds stays, however much a project has (STO-23).
    private static let quiet = 600.0

    private let store: DatabaseStore
    private let clock: RetentionClock
    private let onProgress: @Sendable (RetentionReport) -> Void
    private var hidden = 0
    var report = RetentionReport()

    init(store: DatabaseStore, clock: RetentionClock, onProgress: @escaping @Sendable (RetentionReport) -> Void) {
        self.store = store
        self.clock = clock
        self.onProgress = onProgress
    }

    /// The believed time, some seconds ago, as rows have it.
    private func moment(_ seconds: Double) -> String {
        // Years before 0 have no form, and nothing is that old.
        Timestamp(milliseconds: Int64(max(0, clock.time - seconds) * 1000)).text
    }

    // MARK: Limits

    mutating func remove(olderThan age: Double, of project: RetentionPlan.Project) async throws {
        let end = moment(age)
        for environment in project.environments {
            var isMore = true
            while isMore {
                let gone = try await write { database in
                    let oldest = try RetentionRows.oldest(in: environment, before: end, limit: Self.group, database)
                    return (try RetentionRows.hide(oldest, database).count, oldest.count)
                }
                try await note(traces: gone.0)
                isMore = gone.1 == Self.group
            }
            try await forget(before: end, in: environment)
        }
        try await clear()
    }

    mutating func remove(beyond limit: Int, of project: RetentionPlan.Project) async throws {
        try await measure(project)
        let numbers = StatementArguments(project.environments.map(\.number))
        if project.environments.isEmpty { return }
        var bytes = try await store.read { database in
            try Int.fetchOne(
                database,
                sql: """
                    SELECT CAST(coalesce(sum(byte_count), 0) AS BIGINT) FROM trace_rows
                    WHERE environment IN (\(databaseQuestionMarks(count: project.environments.count)))
                    """,
                arguments: numbers
            ) ?? 0
        }
        let end = moment(Self.quiet)
        while bytes > limit {
            let excess = bytes - limit
            let (found, gone) = try await write { database in
                let oldest = try project.environments.flatMap {
                    try RetentionRows.oldest(in: $0, before: end, limit: Self.group, database)
                }.sorted { $0.lastActivity < $1.lastActivity }
                var sum = 0
                // The trace with which it is little enough goes, too.
                let chosen = oldest.prefix(Self.group).prefix {
                    if sum >= excess { return false }
                    sum += $0.bytes ?? 0
                    return true
                }
                return (chosen.count, try RetentionRows.hide(Array(chosen), database))
            }
            try await note(traces: gone.count)
            bytes -= gone.reduce(0) { $0 + ($1.bytes ?? 0) }
            // What is left is in use; the next run sees.
            if found == 0 || gone.isEmpty { break }
        }
        try await clear()
    }

    /// Finds out the size of traces that are older than the figure.
    private func measure(_ project: RetentionPlan.Project) async throws {
        for environment in project.environments {
            var isMore = true
            while isMore {
                let keys = try await store.read { database in
                    try Row.fetchAll(
                        database,
                        sql: """
                            SELECT key, trace_id FROM trace_rows WHERE environment = ? AND byte_count IS NULL LIMIT 1000
                            """,
                        arguments: [environment.number]
                    ).map { (key: $0[0] as Int64, traceID: $0[1] as String) }
                }
                for key in keys {
                    try await write { database in
                        // The sum must hold when it is written down, and a large trace takes its time to be read.
                        try database.lock { [LockName(.trace, key.traceID, environmentID: environment.id)] }
                        let bytes = try Int.fetchOne(
                            database,
                            sql: "SELECT CAST((\(EventSize.ofTrace(database.dialect))) AS BIGINT)",
                            arguments: [key.key]
                        )
                        try database.execute(
                            sql: "UPDATE trace_rows SET byte_count = ? WHERE key = ? AND environment = ?",
                            arguments: [bytes, key.key, environment.number]
                        )
                    }
                }
                isMore = keys.count == 1000
            }
        }
    }

    /// What goes by its age beside traces: dead letters, and the memory of traces that were never kept.
    private mutating func forget(before end: String, in environment: RetentionPlan.Environment) async throws {
        var isMore = true
        while isMore {
            let count = try await write { database in
                try database.execute(
                    sql: """
                        DELETE FROM dead_letters WHERE number IN (SELECT number FROM dead_letters
                        WHERE environment_id = ? AND created_at < ? ORDER BY number LIMIT 16)
                        """,
                    arguments: [environment.id, end]
                )
                return database.changesCount
            }
            report.deadLetters += count
            if count > 0 {
                var part = RetentionReport()
                part.deadLetters = count
                onProgress(part)
            }
            isMore = count == 16
        }
        isMore = true
        while isMore {
            isMore = try await write { database in
                try database.execute(
                    sql: """
                        DELETE FROM sampled_out WHERE environment_id = ?1 AND trace_id IN (SELECT trace_id FROM sampled_out
                        WHERE environment_id = ?1 AND created_at < ?2 ORDER BY created_at LIMIT 500)
                        """,
                    arguments: [environment.id, end]
                )
                return database.changesCount == 500
            }
        }
    }

    // MARK: What is left of traces

    private mutating func note(traces count: Int) async throws {
        if count == 0 { return }
        report.traces += count
        hidden += count
        var part = RetentionReport()
        part.traces = count
        onProgress(part)
        if hidden >= Self.round { try await clear() }
    }

    /// Erases what traces that are out of sight had. Their links first: when their rows are gone, nobody knows of them.
    mutating func clear() async throws {
        hidden = 0
        guard let gone = try await store.read({ try RetentionRows.hidden($0) }) else { return }
        let end = (Timestamp(gone.newest).map { Double($0.milliseconds) / 1000 } ?? clock.time) + Self.linkLag
        var place: (createdAt: Double, key: Int64)? = (0, 0)
        while let here = place {
            let found = try await store.read {
                try RetentionRows.orphans(of: gone.environments, after: here, until: end, limit: Self.links, $0)
            }
            for start in stride(from: 0, to: found.keys.count, by: 200) {
                let keys = Array(found.keys[start..<min(start + 200, found.keys.count)])
                try await write { try RetentionRows.deleteLinks(keys, $0) }
            }
            try Task.checkCancellation()
            place = found.place
        }
        var isMore = true
        while isMore {
            let erased = try await write { database in
                let end = ContinuousClock.now + Self.slice
                return try RetentionRows.erase(until: { ContinuousClock.now >= end }, database)
            }
            report.events += erased.events
            if erased.events > 0 {
                var part = RetentionReport()
                part.events = erased.events
                onProgress(part)
            }
            isMore = erased.isMore
        }
    }

    /// Writes, and leaves the database to others for as long as that took, of other processes too (STO-25).
    private func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        let start = ContinuousClock.now
        let value = try await store.write(body)
        try await Task.sleep(for: max(.milliseconds(2), ContinuousClock.now - start))
        return value
    }
}
