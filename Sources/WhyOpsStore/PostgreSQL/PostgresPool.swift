import Synchronization

/// The connections to a server: some for readers, one for the queue of appends, one for all other writers, and one for
/// searches.
final class PostgresPool: ConnectionPool {
    private let readers: LaneGroup
    private let appends: LaneGroup
    private let writers: LaneGroup
    private let searches: LaneGroup
    /// Finds out that another server has taken over, also where nobody writes, whom the old one would keep waiting.
    private let watch: Task<Void, Never>?

    var engine: String { "postgresql" }
    var dialect: Dialect { .postgreSQL }
    /// Each trace of a group is a lock in the server's memory.
    var groupLimit: Int { 512 }

    let readerCount: Int
    private let limits: PostgresLimits

    init(_ server: PostgresServer, readers: Int = 4) {
        readerCount = readers
        limits = server.limits
        self.readers = LaneGroup(server, count: readers)
        appends = LaneGroup(server, count: 1)
        writers = LaneGroup(server, count: 1)
        searches = LaneGroup(server, count: 1)
        guard server.hasSeveralPlaces else {
            watch = nil
            return
        }
        let lane = PostgresLane(server)
        watch = Task {
            while (try? await Task.sleep(for: server.limits.watching)) != nil { await lane.look() }
        }
    }

    deinit { watch?.cancel() }

    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        let ticket = SearchTicket()
        return try await withTaskCancellationHandler {
            try await readers.run(.snapshot(limits), search: ticket, body)
        } onCancel: {
            ticket.cancel()
        }
    }

    /// One node after the other, so that what the body looked up still holds when it writes.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await writers.run(.write(limits), body)
    }

    func append<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await appends.run(.append(limits), body)
    }

    func search(_ body: @Sendable (Database) throws -> Void) async throws {
        let ticket = SearchTicket()
        try await withTaskCancellationHandler {
            try await searches.run(.snapshot(limits), search: ticket, body)
        } onCancel: {
            ticket.cancel()
        }
    }

    /// The server's own files are its operator's.
    func forgetWhatWasWritten() async {}

    func close() async throws {
        watch?.cancel()
        for group in [searches, readers, appends, writers] { await group.close() }
    }
}

/// Connections of one use, of which each caller gets one that is free.
private final class LaneGroup: Sendable {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<PostgresLane?, Never>
        var timer: Task<Void, Never>?
    }

    private struct State {
        var free: [PostgresLane]
        var waiting: [Waiter] = []
        var count = 0
    }

    private let lanes: [PostgresLane]
    private let limits: PostgresLimits
    private let state: Mutex<State>

    init(_ server: PostgresServer, count: Int) {
        limits = server.limits
        lanes = (0..<count).map { _ in PostgresLane(server) }
        state = Mutex(State(free: lanes))
    }

    func run<Value: Sendable>(
        _ transaction: PostgresTransaction,
        search: SearchTicket? = nil,
        _ body: @Sendable (Database) throws -> Value
    ) async throws -> Value {
        // Who waits for others waits no longer for that.
        let deadline = ContinuousClock.now + limits.looking
        guard let lane = await take(within: transaction.silence) else {
            throw DatabaseError(kind: .lost, code: "", message: "no connection came free")
        }
        defer { give(lane) }
        return try await lane.run(transaction, until: deadline, search: search, body)
    }

    func close() async {
        for lane in lanes { await lane.close() }
    }

    /// - Returns: `nil` where none came free in time: those who have them wait for a server that stands still.
    private func take(within limit: Duration) async -> PostgresLane? {
        await withCheckedContinuation { continuation in
            let (lane, number) = state.withLock { state in
                let lane = state.free.popLast()
                state.count += 1
                if lane == nil { state.waiting.append(Waiter(number: state.count, continuation: continuation)) }
                return (lane, state.count)
            }
            if let lane {
                continuation.resume(returning: lane)
                return
            }
            let timer = Task {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                let waiter = state.withLock { state in
                    state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
                }
                waiter?.continuation.resume(returning: nil)
            }
            let isWaiting = state.withLock { state in
                guard let place = state.waiting.firstIndex(where: { $0.number == number }) else { return false }
                state.waiting[place].timer = timer
                return true
            }
            if !isWaiting { timer.cancel() }
        }
    }

    private func give(_ lane: PostgresLane) {
        let next = state.withLock { state -> Waiter? in
            if state.waiting.isEmpty {
                state.free.append(lane)
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.timer?.cancel()
        next?.continuation.resume(returning: lane)
    }
}
