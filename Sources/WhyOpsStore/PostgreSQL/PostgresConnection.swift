import CPQ

/// A connection to a server, for one thread at a time: its calls wait for the server.
final class PostgresConnection: Connection {
    private let handle: OpaquePointer
    /// Names of statements that the server has prepared for this connection, by their text.
    private var names: [String: String] = [:]
    private var depth = 0
    /// What the server has said beside its answers.
    private let notices = NoticeCount()
    fileprivate(set) var changesCount = 0
    /// Who may break off what runs.
    var search: SearchTicket?

    var dialect: Dialect { .postgreSQL }
    var isInsideTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INTRANS }
    var isLost: Bool { PQstatus(handle) != CONNECTION_OK }

    /// - Parameter parameters: names and values as libpq knows them.
    init(_ parameters: [(name: String, value: String)]) throws {
        let connection = CStringList(parameters.map(\.name)).withPointers { names in
            CStringList(parameters.map(\.value)).withPointers { PQconnectdbParams(names, $0, 1) }
        }
        guard let connection else { throw DatabaseError(kind: .other, code: "", message: "There is no memory left.") }
        guard PQstatus(connection) == CONNECTION_OK else {
            let error = DatabaseError(connection, nil)
            PQfinish(connection)
            throw error
        }
        handle = connection
        PQsetNoticeProcessor(handle, { count, _ in NoticeCount.add(count) }, notices.pointer)
    }

    deinit { PQfinish(handle) }

    // MARK: Transactions

    /// Runs a statement without parameters, or several.
    func run(_ sql: String) throws {
        try take(PQexec(handle, sql))
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

    /// Undoes the transaction that is open; where that fails, so is the connection.
    func rollBack() {
        depth = 0
        if PQtransactionStatus(handle) != PQTRANS_IDLE { PQclear(PQexec(handle, "ROLLBACK")) }
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
        try take(PQprepare(handle, name, PostgresText.numbered(sql), 0, nil))
        names[sql] = name
        return PostgresStatement(connection: self, name: name, sql: sql)
    }

    func lock(traces: () -> [LockName], agents: () -> [LockName]) throws {
        let traces = Set(traces())
        let agents = Array(Set(agents()))
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
            .text(PostgresText.array(agents.map(\.name.text))),
        ])
    }

    /// - Parameter name: of a prepared statement; `nil` for one that is prepared for now.
    fileprivate func result(name: String?, sql: String, _ values: [DatabaseValue]) throws -> PostgresResult {
        if search?.isCancelled == true { throw DatabaseError(kind: .interrupted, code: "", message: "cancelled") }
        let parameters = try PostgresParameters(values)
        return try parameters.withPointers { count, values, lengths, formats in
            if let name {
                return try take(PQexecPrepared(handle, name, count, values, lengths, formats, 0))
            }
            if count == 0 { return try take(PQexec(handle, sql)) }
            return try take(PQexecParams(handle, sql, count, nil, values, lengths, formats, 0))
        }
    }

    @discardableResult
    private func take(_ answer: OpaquePointer?) throws -> PostgresResult {
        guard let answer else { throw DatabaseError(handle, nil) }
        let result = PostgresResult(answer)
        switch PQresultStatus(answer) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
            changesCount = result.changesCount
            return result
        default:
            throw DatabaseError(handle, answer)
        }
    }

    /// What breaks off a statement from another thread.
    func makeCanceller() -> PostgresCanceller? {
        PQgetCancel(handle).map { PostgresCanceller(handle: $0) }
    }
}

struct PostgresStatement: PreparedStatement {
    let connection: PostgresConnection
    let name: String?
    let sql: String

    func execute(_ values: [DatabaseValue]) throws {
        _ = try connection.result(name: name, sql: sql, values)
    }

    func forEachRow(_ values: [DatabaseValue], _ body: (Row) throws -> Bool) throws {
        try connection.result(name: name, sql: sql, values).forEachRow(body)
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
