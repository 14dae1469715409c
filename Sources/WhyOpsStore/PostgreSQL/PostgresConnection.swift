import CPQ

/// A connection to a server, for one thread at a time: its calls wait for the server, each for a bounded time.
final class PostgresConnection: Connection {
    private let wire: PostgresWire
    /// Names of statements that the server has prepared for this connection, by their text.
    private var names: [String: String] = [:]
    private var depth = 0
    /// What the server has said beside its answers.
    private let notices = NoticeCount()
    private(set) var changesCount = 0
    /// Which history its server goes on with.
    var timeline: PostgresTimeline?

    var dialect: Dialect { .postgreSQL }
    var isInsideTransaction: Bool { !isLost && PQtransactionStatus(wire.handle) == PQTRANS_INTRANS }
    /// Whether there is no server at its other end, or one that is not waited for any longer.
    var isLost: Bool { wire.isLost }
    /// Who may break off what runs.
    var search: SearchTicket? {
        get { wire.search }
        set { wire.search = newValue }
    }

    /// - Parameter parameters: names and values as libpq knows them.
    init(_ parameters: [(name: String, value: String)]) throws {
        wire = try PostgresWire(parameters)
        PQsetNoticeProcessor(wire.handle, { count, _ in NoticeCount.add(count) }, notices.pointer)
    }

    /// Says how long the server may say nothing from now on, and how long it may take altogether (STO-11).
    func allow(silence: Duration, altogether: Duration) {
        wire.silence = silence
        wire.deadline = .now + altogether
    }

    // MARK: Transactions

    /// Runs a statement without parameters, or several.
    func run(_ sql: String) throws {
        try finish { PQsendQuery($0, sql) }
    }

    /// Commits; a server that has something to say about that has not done all that it was asked to: it was not to wait for
    /// its standbys any longer.
    func commit() throws {
        let before = notices.count
        try run("COMMIT")
        if notices.count > before {
            throw DatabaseError(kind: .unknown, code: "", message: "the server did not wait for its standbys")
        }
    }

    /// Undoes the transaction that is open; where that fails, the connection is given up.
    func rollBack() {
        depth = 0
        if isLost || PQtransactionStatus(wire.handle) == PQTRANS_IDLE { return }
        search = nil
        allow(silence: .seconds(3), altogether: .seconds(3))
        do {
            try run("ROLLBACK")
        } catch {
            wire.giveUp()
        }
    }

    func inSavepoint(_ body: () throws -> Database.Completion) throws {
        depth += 1
        defer { depth -= 1 }
        let name = "s\(depth)"
        try run("SAVEPOINT \(name)")
        do {
            switch try body() {
            case .commit: try run("RELEASE \(name)")
            case .rollback: try run("ROLLBACK TO \(name); RELEASE \(name)")
            }
        } catch {
            if !isLost { try run("ROLLBACK TO \(name); RELEASE \(name)") }
            throw error
        }
    }

    // MARK: Statements

    func prepare(_ sql: String, isKept: Bool) throws -> any PreparedStatement {
        guard isKept else {
            return PostgresStatement(connection: self, name: nil, sql: PostgresText.numbered(sql))
        }
        if let name = names[sql] { return PostgresStatement(connection: self, name: name, sql: sql) }
        let name = "w\(names.count + 1)"
        try finish { PQsendPrepare($0, name, PostgresText.numbered(sql), 0, nil) }
        names[sql] = name
        return PostgresStatement(connection: self, name: name, sql: sql)
    }

    func lock(traces: () -> [LockName], agents: () -> [LockName], patience: Duration?) throws {
        let traces = Set(traces())
        let agents = Array(Set(agents()))
        if let patience { try run("SET LOCAL lock_timeout = \(Int(patience / .milliseconds(1)))") }
        if traces.isEmpty, agents.isEmpty { return }
        // One order for all nodes, so that none waits for another that waits for it. Of agents those that are to be made, and
        // those whose new traces are counted.
        let statement = try prepare(
            """
            SELECT count(pg_advisory_xact_lock(number)) FROM (
                SELECT number FROM unnest(CAST(? AS bigint[])) AS traces (number)
                UNION SELECT named.number
                FROM unnest(CAST(? AS bigint[]), CAST(? AS text[]), CAST(? AS text[]))
                AS named (number, environment_id, name)
                LEFT JOIN agents a ON a.environment_id = named.environment_id AND a.name = named.name
                WHERE a.id IS NULL OR a.max_traces IS NOT NULL
                ORDER BY 1
            ) AS sorted
            """,
            isKept: true
        )
        try statement.execute([
            .text(PostgresText.array(traces.map { String($0.number) })),
            .text(PostgresText.array(agents.map { String($0.number) })),
            .text(PostgresText.array(agents.map(\.environmentID))),
            .text(PostgresText.array(agents.map(\.name.text.databaseKey))),
        ])
    }

    /// Sends a statement.
    ///
    /// - Parameter name: of a prepared statement; `nil` for one that is prepared for now.
    private func ask(_ name: String?, _ sql: String, _ parameters: PostgresParameters) throws {
        try wire.ask { handle in
            parameters.withPointers { count, values, lengths, formats in
                if let name { return PQsendQueryPrepared(handle, name, count, values, lengths, formats, 0) }
                if count == 0 { return PQsendQuery(handle, sql) }
                return PQsendQueryParams(handle, sql, count, nil, values, lengths, formats, 0)
            }
        }
    }

    fileprivate func execute(_ name: String?, _ sql: String, _ values: [DatabaseValue]) throws {
        try ask(name, sql, try PostgresParameters(values))
        try finish()
    }

    /// Sends something and waits until it is done.
    private func finish(_ send: (OpaquePointer) -> Int32) throws {
        try wire.ask(send)
        try finish()
    }

    /// Waits until what was asked is done; rows are nobody's.
    private func finish() throws {
        var failure: DatabaseError?
        while let answer = try wire.next() {
            let result = PostgresResult(answer)
            switch PQresultStatus(answer) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: changesCount = result.changesCount
            default: failure = failure ?? DatabaseError(wire.handle, answer)
            }
        }
        if let failure { throw failure }
    }

    /// Gives rows as they come, none of which is held, until the body says `false` or throws; what comes after that is read
    /// and forgotten, so that the next statement gets its own answer.
    fileprivate func forEachRow(
        _ name: String?,
        _ sql: String,
        _ values: [DatabaseValue],
        _ body: (Row) throws -> Bool
    ) throws {
        try ask(name, sql, try PostgresParameters(values))
        _ = PQsetSingleRowMode(wire.handle)
        var columns: PostgresColumns?
        var isEnough = false
        var failure: (any Error)?
        while let answer = try wire.next() {
            let result = PostgresResult(answer)
            switch PQresultStatus(answer) {
            case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
                if isEnough { continue }
                let names = columns ?? PostgresColumns(answer)
                columns = names
                do {
                    isEnough = try !result.forEachRow(names, body)
                } catch {
                    failure = error
                    isEnough = true
                }
            case PGRES_COMMAND_OK:
                changesCount = result.changesCount
            default:
                failure = failure ?? DatabaseError(wire.handle, answer)
            }
        }
        if let failure { throw failure }
    }
}

struct PostgresStatement: PreparedStatement {
    let connection: PostgresConnection
    let name: String?
    let sql: String

    func execute(_ values: [DatabaseValue]) throws {
        try connection.execute(name, sql, values)
    }

    func forEachRow(_ values: [DatabaseValue], _ body: (Row) throws -> Bool) throws {
        try connection.forEachRow(name, sql, values, body)
    }
}

/// Counts what a server says beside its answers; libpq tells it while it reads from the connection.
private final class NoticeCount {
    private(set) var count = 0

    var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static func add(_ pointer: UnsafeMutableRawPointer?) {
        // The connection holds it for as long as libpq knows of it.
        guard let pointer else { return }
        Unmanaged<NoticeCount>.fromOpaque(pointer).takeUnretainedValue().count += 1
    }
}
