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
    ///   - beginning: the statements that begin it.
    ///   - deadline: when a server that does not answer is no longer looked for.
    func run<Value: Sendable>(
        _ beginning: String,
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
                return try once(beginning, search, body)
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
        _ beginning: String,
        _ search: SearchTicket?,
        _ body: @Sendable (Database) throws -> Value
    ) throws -> Value {
        let connection = try connection ?? server.connect()
        self.connection = connection
        if let search {
            guard search.begin(connection.makeCanceller()) else {
                throw DatabaseError(kind: .interrupted, code: "", message: "cancelled")
            }
            connection.search = search
        }
        defer {
            connection.search = nil
            search?.end()
            if connection.isLost { self.connection = nil }
        }
        do {
            try connection.run(beginning)
            let value = try body(Database(connection: connection))
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

    func close() {
        connection = nil
    }
}

/// What breaks off the statement that runs on a connection, from any thread.
final class PostgresCanceller: Sendable {
    /// libpq lets any thread use what is there.
    private let address: Int

    init(handle: OpaquePointer) {
        address = Int(bitPattern: handle)
    }

    deinit { PQfreeCancel(OpaquePointer(bitPattern: address)) }

    func cancel() {
        var message = [CChar](repeating: 0, count: 256)
        _ = PQcancel(OpaquePointer(bitPattern: address), &message, Int32(message.count))
    }
}

/// A search that may be broken off while it waits or runs, and nothing else with it.
final class SearchTicket: Sendable {
    private struct State {
        var isCancelled = false
        var canceller: PostgresCanceller?
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Whether it may begin.
    func begin(_ canceller: PostgresCanceller?) -> Bool {
        state.withLock { state in
            if state.isCancelled { return false }
            state.canceller = canceller
            return true
        }
    }

    func end() {
        state.withLock { $0.canceller = nil }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.canceller?.cancel()
        }
    }
}
