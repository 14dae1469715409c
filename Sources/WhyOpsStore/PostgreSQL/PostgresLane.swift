import CPQ
import Dispatch
import Synchronization

/// A thread of its own for a connection, since libpq waits for the server.
private final class LaneExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "whyops.store.postgresql")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// One connection, which is made when it is needed and again after it was lost.
actor PostgresLane {
    private let executor = LaneExecutor()
    private let server: PostgresServer
    private var connection: PostgresConnection?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ server: PostgresServer) {
        self.server = server
    }

    /// Runs a transaction; one that was certainly not committed runs again when it met another one, or a connection that was
    /// lost since it was last used.
    ///
    /// - Parameters:
    ///   - deadline: when a server that does not answer is no longer looked for.
    func run<Value: Sendable>(
        _ transaction: PostgresTransaction,
        until deadline: ContinuousClock.Instant,
        search: SearchTicket? = nil,
        _ body: @Sendable (Database) throws -> Value
    ) throws -> Value {
        var attempt = 0
        while true {
            do {
                if connection == nil, ContinuousClock.now >= deadline {
                    throw DatabaseError(kind: .lost, code: "", message: "no server answers")
                }
                return try once(transaction, search, body)
            } catch let error as DatabaseError {
                if search?.isCancelled == true { throw error }
                switch error.kind {
                case .collision, .duplicate:
                    // A duplicate is another writer's that was faster: now it is found.
                    guard attempt < 8 else { throw error }
                    pause(milliseconds: .random(in: 1...(4 << attempt)))
                case .lost:
                    guard ContinuousClock.now < deadline else { throw error }
                    pause(milliseconds: attempt == 0 ? 0 : 200)
                default:
                    throw error
                }
                attempt += 1
            }
        }
    }

    private func once<Value: Sendable>(
        _ transaction: PostgresTransaction,
        _ search: SearchTicket?,
        _ body: @Sendable (Database) throws -> Value
    ) throws -> Value {
        if let connection, !server.lineage.isCurrent(connection.timeline) { self.connection = nil }
        let connection = try connection ?? server.connect()
        self.connection = connection
        connection.search = search
        defer {
            connection.search = nil
            if connection.isLost { self.connection = nil }
        }
        do {
            // Nothing that a server has to think about: one that is gone or stands still is found out at once.
            connection.allow(silence: server.limits.beginning, altogether: server.limits.beginning)
            try connection.run(transaction.beginning)
            connection.allow(silence: transaction.silence, altogether: transaction.whole)
            if let lock = transaction.lock { try connection.run(lock) }
            let value = try Database(connection: connection).run(body)
            try commit(connection)
            return value
        } catch {
            connection.rollBack()
            if (error as? DatabaseError)?.kind == .lost { self.connection = nil }
            throw error
        }
    }

    /// A connection that is lost now leaves it open whether the server has committed.
    private func commit(_ connection: PostgresConnection) throws {
        do {
            guard connection.isInsideTransaction else {
                throw DatabaseError(kind: .other, code: "25P02", message: "The transaction has failed.")
            }
            try connection.commit()
        } catch let error as DatabaseError where error.kind == .lost {
            throw DatabaseError(kind: .unknown, code: error.code, message: error.message)
        }
    }

    private func pause(milliseconds: Int) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
    }

    /// Looks which of the servers is the one that writes; what it finds, all connections go by.
    func look() {
        _ = try? server.connect()
    }

    func close() {
        connection = nil
    }
}

/// A search that may be broken off while it waits or runs, and nothing else with it.
///
/// Its connection goes with it: a word to the server that it should stop might reach it when it does something else. The
/// server finds out by itself that nobody listens.
final class SearchTicket: Sendable {
    private let state = Mutex(false)

    var isCancelled: Bool { state.withLock { $0 } }

    func cancel() {
        state.withLock { $0 = true }
    }
}
