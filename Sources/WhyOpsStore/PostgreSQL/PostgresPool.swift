import Synchronization

/// The connections to a server: some for readers, one for the queue of appends, one for all other writers, and one for
/// searches.
final class PostgresPool: ConnectionPool {
    private let readers: LaneGroup
    private let appends: LaneGroup
    private let writers: LaneGroup
    private let searches: LaneGroup

    var engine: String { "postgresql" }
    var dialect: Dialect { .postgreSQL }
    /// Each trace of a group is a lock in the server's memory.
    var groupLimit: Int { 512 }

    init(_ server: PostgresServer, readers: Int = 4) {
        self.readers = LaneGroup(server, count: readers)
        appends = LaneGroup(server, count: 1)
        writers = LaneGroup(server, count: 1)
        searches = LaneGroup(server, count: 1)
    }

    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await readers.run(Self.snapshot, body)
    }

    /// One node after the other, so that what the body looked up still holds when it writes.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await writers.run(Self.transaction + "; " + Self.lock(Self.writing), body)
    }

    func append<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await appends.run(Self.transaction, body)
    }

    func search(_ body: @Sendable (Database) throws -> Void) async throws {
        let ticket = SearchTicket()
        try await withTaskCancellationHandler {
            try await searches.run(Self.snapshot, search: ticket, body)
        } onCancel: {
            ticket.cancel()
        }
    }

    /// The server's own files are its operator's.
    func forgetWhatWasWritten() async {}

    func close() async throws {
        for group in [searches, readers, appends, writers] { await group.close() }
    }

    /// Whatever the database's own default is: what is looked up after a lock has to be what is there then.
    static let transaction = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
    private static let snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    static let writing = 1
    static let migrating = 2

    /// Locks one of few things of the whole store, until the transaction ends; there may be a store in each schema.
    static func lock(_ number: Int) -> String {
        "SELECT pg_advisory_xact_lock(hashtextextended('whyops ' || current_schema(), \(number)))"
    }
}

/// Connections of one use, of which each caller gets one that is free.
private final class LaneGroup: Sendable {
    private struct State {
        var free: [PostgresLane]
        var waiting: [CheckedContinuation<PostgresLane, Never>] = []
    }

    private let lanes: [PostgresLane]
    private let patience: Duration
    private let state: Mutex<State>

    init(_ server: PostgresServer, count: Int) {
        patience = server.patience
        lanes = (0..<count).map { _ in PostgresLane(server) }
        state = Mutex(State(free: lanes))
    }

    func run<Value: Sendable>(
        _ beginning: String,
        search: SearchTicket? = nil,
        _ body: @Sendable (Database) throws -> Value
    ) async throws -> Value {
        // Who waits for others waits no longer for that.
        let deadline = ContinuousClock.now + patience
        let lane = await take()
        defer { give(lane) }
        return try await lane.run(beginning, until: deadline, search: search, body)
    }

    func close() async {
        for lane in lanes { await lane.close() }
    }

    private func take() async -> PostgresLane {
        await withCheckedContinuation { continuation in
            let lane = state.withLock { state in
                let lane = state.free.popLast()
                if lane == nil { state.waiting.append(continuation) }
                return lane
            }
            if let lane { continuation.resume(returning: lane) }
        }
    }

    private func give(_ lane: PostgresLane) {
        let next = state.withLock { state in
            if state.waiting.isEmpty {
                state.free.append(lane)
                return nil as CheckedContinuation<PostgresLane, Never>?
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: lane)
    }
}
