import Synchronization

/// Where searches run: on a connection of their own, one after the other, each for a bounded time (ING-90).
///
/// A search reads whatever is stored, so that a few at once would keep all other readers waiting, look-ups of keys among them.
final class SearchLane: Sendable {
    /// Searches that run or wait, in all and of one environment.
    private static let limit = 16
    private static let environmentLimit = 4

    private let pool: any ConnectionPool
    private let counts = Mutex<[String: Int]>([:])

    init(pool: any ConnectionPool) {
        self.pool = pool
    }

    /// Runs a search when its turn comes, and interrupts it when its time is up or its task is cancelled.
    ///
    /// What it has found by then is the caller's to keep; an interruption for time is no error.
    ///
    /// - Throws: `StoreError.overloaded` where too many wait.
    func run(
        for environmentID: String,
        atMost time: Duration,
        _ search: @escaping @Sendable (Database) throws -> Void
    ) async throws {
        try enter(environmentID)
        defer { leave(environmentID) }
        // The time runs from the search's turn on, not while others have theirs.
        let (turn, turnBegins) = AsyncStream.makeStream(of: Void.self)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [pool] in
                    try await pool.search { database in
                        turnBegins.finish()
                        try search(database)
                    }
                }
                group.addTask {
                    for await _ in turn {}
                    try await Task.sleep(for: time)
                }
                _ = try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {
            try Task.checkCancellation()
        } catch let error as DatabaseError where error.kind == .interrupted {
            try Task.checkCancellation()
        }
    }

    private func enter(_ environmentID: String) throws {
        try counts.withLock { counts in
            let own = counts[environmentID] ?? 0
            guard own < Self.environmentLimit, counts.values.reduce(0, +) < Self.limit else {
                throw StoreError(.overloaded, "Too many searches are waiting. Try again in a few seconds.")
            }
            counts[environmentID] = own + 1
        }
    }

    private func leave(_ environmentID: String) {
        counts.withLock { counts in
            let rest = (counts[environmentID] ?? 1) - 1
            counts[environmentID] = rest == 0 ? nil : rest
        }
    }
}
