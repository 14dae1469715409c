/// How long a node waits for a server (STO-6, STO-11, STO-60).
struct PostgresLimits: Sendable {
    /// For a server that writes, from one to the next.
    var looking = Duration.seconds(5)
    /// For the answer to `BEGIN`.
    var beginning = Duration.seconds(3)
    /// For any sign of a server that has something to append; longer than it waits for a lock.
    var appending = Duration.seconds(15)
    /// For any sign of one that looks something up or deletes, which may have much to go through.
    var searching = Duration.seconds(30)
    /// From one look at which server writes to the next (STO-60).
    var watching = Duration.seconds(5)
}

/// How a transaction begins, and how long it may take.
struct PostgresTransaction: Sendable {
    let beginning: String
    /// What it waits for before it does anything.
    var lock: String?
    /// How long the server may say nothing.
    let silence: Duration
    /// How long all of it may take.
    let whole: Duration

    static func snapshot(_ limits: PostgresLimits) -> Self {
        Self(
            beginning: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            silence: limits.searching,
            whole: limits.searching * 2
        )
    }

    static func append(_ limits: PostgresLimits) -> Self {
        Self(beginning: readCommitted, silence: limits.appending, whole: limits.appending * 4)
    }

    /// Beside no other one like it.
    static func write(_ limits: PostgresLimits) -> Self {
        Self(
            beginning: readCommitted,
            lock: lock(writing),
            silence: limits.searching,
            whole: limits.searching * 10
        )
    }

    /// Waits for other nodes that do the same for a minute; one step of it may read all events.
    static func migration(_ limits: PostgresLimits) -> Self {
        Self(beginning: readCommitted, silence: limits.searching * 20, whole: limits.searching * 60)
    }

    /// Whatever the database's own default is: what is looked up after a lock has to be what is there then.
    private static let readCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
    private static let writing = 1
    static let migrating = 2

    /// Locks one of few things of the whole store, until the transaction ends; there may be a store in each schema.
    static func lock(_ number: Int) -> String {
        "SELECT pg_advisory_xact_lock(hashtextextended('whyops ' || current_schema(), \(number)))"
    }
}
