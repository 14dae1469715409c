import WhyOps

/// Group commit: one writer takes every append that waits and commits them together.
///
/// A commit costs one sync of the disk, whatever it holds, so the more callers wait, the more each sync does.
actor AppendQueue {
    private struct Waiting {
        let append: PreparedAppend
        let continuation: CheckedContinuation<[AppendResult], any Error>
    }

    private let pool: any ConnectionPool
    private let limits: AppendLimits
    private var waiting: [Waiting] = []
    private var unfinishedEvents = 0
    private var unfinishedBytes = 0
    private var writer: Task<Void, Never>?
    private var isClosed = false

    init(pool: any ConnectionPool, limits: AppendLimits) {
        self.pool = pool
        self.limits = limits
    }

    /// Returns when the events are durable.
    func append(_ append: PreparedAppend) async throws -> [AppendResult] {
        if isClosed { throw StoreError(.closed, "The store has been closed.") }
        // An append that exceeds a limit all by itself is taken when nothing else waits.
        let isIdle = unfinishedEvents == 0
        guard
            isIdle
                || (unfinishedEvents + append.count <= limits.events
                    && unfinishedBytes + append.byteCount <= limits.bytes)
        else {
            throw StoreError(.overloaded, "Too many events are waiting to be written. Send them again in a second.")
        }
        unfinishedEvents += append.count
        unfinishedBytes += append.byteCount
        defer {
            unfinishedEvents -= append.count
            unfinishedBytes -= append.byteCount
        }
        return try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(append: append, continuation: continuation))
            if writer == nil { writer = Task { await self.writeAll() } }
        }
    }

    /// Refuses new appends and waits for those that were accepted.
    func close() async {
        isClosed = true
        while let writer { await writer.value }
    }

    private func writeAll() async {
        while !waiting.isEmpty {
            let group = takeGroup()
            do {
                try await write(group)
            } catch let error as DatabaseError where error.kind == .busy && group.count > 1 {
                await writeOneByOne(group)
            } catch {
                Self.fail(group, error)
            }
        }
        writer = nil
    }

    private func write(_ group: [Waiting], waiting patience: Duration? = nil) async throws {
        let outcomes = try await commit(group.map(\.append), waiting: patience)
        for (item, outcome) in zip(group, outcomes) { item.continuation.resume(with: outcome) }
    }

    /// One of a group waits for a trace that another node does not let go of: first those that need not wait go on without it,
    /// then the others are tried again (STO-13).
    private func writeOneByOne(_ group: [Waiting]) async {
        let deadline = ContinuousClock.now + Self.patienceWithOthers
        let late = await writeOneByOne(group, waiting: .milliseconds(100), until: deadline)
        let tooLate = await writeOneByOne(late, waiting: .seconds(3), until: deadline)
        Self.fail(
            tooLate,
            StoreError(.overloaded, "Other nodes keep these traces locked. Send the events again later.")
        )
    }

    /// - Returns: those that had to wait longer than they may.
    private func writeOneByOne(
        _ group: [Waiting],
        waiting patience: Duration,
        until deadline: ContinuousClock.Instant
    ) async -> [Waiting] {
        var late: [Waiting] = []
        for (place, item) in group.enumerated() {
            guard ContinuousClock.now < deadline else { return late + group[place...] }
            do {
                try await write([item], waiting: patience)
            } catch let error as DatabaseError where error.kind == .busy {
                late.append(item)
            } catch {
                Self.fail([item], error)
                // There is no server for the others, either.
                guard (error as? DatabaseError)?.kind == .lost else { continue }
                Self.fail(late + group[(place + 1)...], error)
                return []
            }
        }
        return late
    }

    /// How long a group may take in which somebody waits for other nodes that do not let go of a trace.
    private static let patienceWithOthers = Duration.seconds(30)

    private static func fail(_ group: some Sequence<Waiting>, _ error: any Error) {
        let isUnknown = (error as? DatabaseError)?.kind == .unknown
        var failure = StoreError(
            .unavailable,
            isUnknown
                ? "The database or its disk failed while the events were stored; send them again with the same keys."
                : "The events could not be written; none of them was stored."
        )
        failure.isOutcomeUnknown = isUnknown
        for item in group { item.continuation.resume(throwing: error as? StoreError ?? failure) }
    }

    private func takeGroup() -> [Waiting] {
        var events = 0
        var count = 0
        for item in waiting {
            if count > 0, events + item.append.count > pool.groupLimit { break }
            events += item.append.count
            count += 1
        }
        let group = Array(waiting[..<count])
        waiting.removeFirst(count)
        return group
    }

    /// One result for each append, once all of them are durable.
    private func commit(_ appends: [PreparedAppend], waiting patience: Duration?) async throws -> [Result<
        [AppendResult], any Error
    >] {
        try await pool.append { [limits] database in
            try database.lock(
                // Where an operator limits what every agent may begin, all of them are counted one after the other.
                traces: {
                    appends.flatMap(\.traces) + (limits.tracesPerVersion == nil ? [] : appends.flatMap(\.agents))
                },
                agents: { appends.flatMap(\.agents) },
                patience: patience
            )
            let now = Identifiers.now()
            let appender = EventAppender(database: database, now: now, tracesPerVersion: limits.tracesPerVersion)
            var group = AppendGroup(database: database, now: now)
            let outcomes = try appends.map { try Self.write($0, with: appender, in: &group) }
            try group.save()
            return outcomes
        }
    }

    private static func isCollision(_ error: any Error) -> Bool {
        let kind = (error as? DatabaseError)?.kind
        return kind == .collision || kind == .duplicate
    }

    /// An append that fails is undone alone; the others of its group are not harmed.
    private static func write(
        _ append: PreparedAppend,
        with appender: EventAppender,
        in group: inout AppendGroup
    ) throws -> Result<[AppendResult], any Error> {
        do {
            let environment = try group.environment(append.tenant.environmentID)
            var learned = AppendKnowledge()
            var results: [AppendResult] = []
            var isConflict = false
            try appender.database.inSavepoint {
                results = try appender.database.run { _ in
                    try appender.append(append, to: environment, learned: &learned)
                }
                isConflict = !append.isPartial && results.contains { $0.status == .conflict }
                return isConflict ? .rollback : .commit
            }
            if !isConflict { environment.add(learned) }
            return .success(append.isPartial ? results : EventAppender.withdrawn(results))
        } catch let error as StoreError {
            return .failure(error)
        } catch {
            // Some failures, such as a full disk, undo the whole transaction; what another node is in the way of is done
            // again as a whole.
            guard appender.database.isInsideTransaction, !Self.isCollision(error) else { throw error }
            return .failure(
                StoreError(writing: error, "The events could not be written; none of them was stored.")
            )
        }
    }
}
