import CPQ

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The line to a server: what is asked and what is answered, with an end to every wait (STO-11).
///
/// A line on which an answer did not come in time is given up: what comes late would be taken for the answer to something else.
final class PostgresWire {
    let handle: OpaquePointer
    /// How long the server may say nothing while something is asked of it.
    var silence = Duration.seconds(30)
    /// When nothing is waited for any longer, whatever the server says.
    var deadline = ContinuousClock.now + .seconds(30) {
        didSet { mayLookOnceMore = true }
    }
    /// Whether an answer is looked for when the time is up, once: it may have been this process that stood still.
    private var mayLookOnceMore = true
    /// Who may break off what runs.
    var search: SearchTicket?
    private var isGivenUp = false

    var isLost: Bool { isGivenUp || PQstatus(handle) != CONNECTION_OK }

    /// - Parameter parameters: names and values as libpq knows them.
    init(_ parameters: [(name: String, value: String)]) throws {
        let connection = CStringList(parameters.map(\.name)).withPointers { names in
            CStringList(parameters.map(\.value)).withPointers { PQconnectdbParams(names, $0, 1) }
        }
        guard let connection else { throw DatabaseError(kind: .other, code: "", message: "There is no memory left.") }
        // Else to send something long to a server that reads nothing would be a wait without an end.
        guard PQstatus(connection) == CONNECTION_OK, PQsetnonblocking(connection, 1) == 0 else {
            let error = DatabaseError(connection, nil)
            PQfinish(connection)
            throw error
        }
        handle = connection
    }

    deinit { PQfinish(handle) }

    /// Asks no more of this server.
    func giveUp() { isGivenUp = true }

    /// Sends a question.
    ///
    /// - Parameter send: a call of libpq that says whether it took the question.
    func ask(_ send: (OpaquePointer) -> Int32) throws {
        if search?.isCancelled == true { throw Self.cancelled }
        guard !isLost else { throw DatabaseError(kind: .lost, code: "", message: "the connection is lost") }
        guard send(handle) == 1 else { throw failure() }
    }

    /// The next result of what was asked; `nil` after the last one.
    ///
    /// - Throws: `DatabaseError` of the kind `lost` where there is no server any more or its time is up, and `interrupted` where
    ///   nobody wants the answer.
    func next() throws -> OpaquePointer? {
        var silent = ContinuousClock.now + silence
        while true {
            let unsent = PQflush(handle)
            if unsent < 0 { throw failure() }
            if unsent == 0, PQisBusy(handle) == 0 { return PQgetResult(handle) }
            try wait(forRoom: unsent == 1, until: min(silent, deadline))
            silent = .now + silence
            guard PQconsumeInput(handle) == 1 else { throw failure() }
        }
    }

    private func wait(forRoom: Bool, until end: ContinuousClock.Instant) throws {
        var place = pollfd(
            fd: PQsocket(handle),
            events: Int16(POLLIN) | (forRoom ? Int16(POLLOUT) : 0),
            revents: 0
        )
        while true {
            let left = end - .now
            if search?.isCancelled == true {
                giveUp()
                throw Self.cancelled
            }
            guard left > .zero || mayLookOnceMore else {
                giveUp()
                throw DatabaseError(kind: .lost, code: "", message: "the server does not answer")
            }
            if left <= .zero { mayLookOnceMore = false }
            // Nothing but a look at the ticket tells that nobody waits any longer.
            let limit = search == nil ? Duration.seconds(60) : .milliseconds(50)
            let count = poll(&place, 1, Int32(max(.zero, min(left, limit)) / .milliseconds(1)) + 1)
            if count > 0 { return }
            if count < 0, errno != EINTR { throw failure() }
        }
    }

    /// What libpq says of what failed, which leaves no connection to go on with.
    private func failure() -> DatabaseError {
        let error = DatabaseError(handle, nil)
        giveUp()
        return error
    }

    private static var cancelled: DatabaseError { DatabaseError(kind: .interrupted, code: "", message: "cancelled") }
}
