import GRDB
import WhyOps

/// Group commit: one writer takes every append that waits and commits them together.
///
/// A commit costs one sync of the disk, whatever it holds, so the more callers wait, the more each sync does.
actor AppendQueue {
    private struct Waiting {
        let append: PreparedAppend
        let continuation: CheckedContinuation<[AppendResult], any Error>
    }

    /// Events in one transaction; bounds how long the first caller waits for the others, and the size of the WAL.
    private static let transactionLimit = 4096

    private let pool: DatabasePool
    private let limits: AppendLimits
    private var waiting: [Waiting] = []
    private var unfinishedEvents = 0
    private var unfinishedBytes = 0
    private var writer: Task<Void, Never>?
    private var isClosed = false

    init(pool: DatabasePool, limits: AppendLimits) {
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
                || (unfinishedEvents + append.items.count <= limits.events
                    && unfinishedBytes + append.byteCount <= limits.bytes)
        else {
            throw StoreError(.overloaded, "Too many events are waiting to be written. Send them again in a second.")
        }
        unfinishedEvents += append.items.count
        unfinishedBytes += append.byteCount
        defer {
            unfinishedEvents -= append.items.count
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
                let outcomes = try await commit(group.map(\.append))
                for (item, outcome) in zip(group, outcomes) { item.continuation.resume(with: outcome) }
            } catch {
                let failure = StoreError(.unavailable, "The events could not be written; none of them was stored.")
                for item in group { item.continuation.resume(throwing: failure) }
            }
        }
        writer = nil
    }

    private func takeGroup() -> [Waiting] {
        var events = 0
        var count = 0
        for item in waiting {
            if count > 0, events + item.append.items.count > Self.transactionLimit { break }
            events += item.append.items.count
            count += 1
        }
        let group = Array(waiting[..<count])
        waiting.removeFirst(count)
        return group
    }

    /// One result for each append, once all of them are durable.
    private func commit(_ appends: [PreparedAppend]) async throws -> [Result<[AppendResult], any Error>] {
        try await pool.writeWithoutTransaction { database in
            var outcomes: [Result<[AppendResult], any Error>] = []
            try database.inTransaction(.immediate) {
                let appender = EventAppender(database: database, now: Identifiers.now())
                for append in appends { outcomes.append(try Self.write(append, with: appender)) }
                return .commit
            }
            return outcomes
        }
    }

    /// An append that fails is undone alone; the others of its group are not harmed.
    private static func write(
        _ append: PreparedAppend,
        with appender: EventAppender
    ) throws -> Result<[AppendResult], any Error> {
        do {
            var results: [AppendResult] = []
            try appender.database.inSavepoint {
                results = try appender.append(append)
                let isConflict = !append.options.isPartial && results.contains { $0.status == .conflict }
                return isConflict ? .rollback : .commit
            }
            return .success(append.options.isPartial ? results : EventAppender.withdrawn(results))
        } catch let error as StoreError {
            return .failure(error)
        } catch {
            // Some failures, such as a full disk, make SQLite undo the whole transaction.
            guard appender.database.isInsideTransaction else { throw error }
            return .failure(
                StoreError(writing: error, "The events could not be written; none of them was stored.")
            )
        }
    }
}
