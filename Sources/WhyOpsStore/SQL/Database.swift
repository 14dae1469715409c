/// A connection that is inside a transaction or a snapshot: what all that stands in rows is read and written with, whatever
/// the engine (STO-1).
///
/// Statements are in the words that both engines know; parameters are `?` in order, or `?1` where one stands twice. What they
/// say differently is in `Dialect`.
struct Database {
    /// What becomes of what was written in a savepoint.
    enum Completion {
        case commit
        case rollback
    }

    let connection: any Connection

    var dialect: Dialect { connection.dialect }

    /// Rows that the last statement has written.
    var changesCount: Int { connection.changesCount }

    /// Whether the transaction still stands: some failures undo it as a whole.
    var isInsideTransaction: Bool { connection.isInsideTransaction }

    /// A statement that is prepared once for each connection; its text must be one of few.
    func cachedStatement(sql: String) throws -> Statement {
        Statement(prepared: try connection.prepare(sql, isKept: true))
    }

    /// A statement that is prepared for now.
    func makeStatement(sql: String) throws -> Statement {
        Statement(prepared: try connection.prepare(sql, isKept: false))
    }

    func execute(sql: String, arguments: StatementArguments = []) throws {
        try makeStatement(sql: sql).execute(arguments: arguments)
    }

    /// Makes other nodes that write to the same traces, or to agents that may only begin so many, wait for the transaction's
    /// end. Inside of one transaction this comes once, before anything is looked up.
    ///
    /// - Parameters:
    ///   - traces: asked for only where several nodes can write at the same time.
    ///   - agents: the same.
    func lock(traces: () -> [LockName], agents: () -> [LockName] = { [] }) throws {
        try connection.lock(traces: traces, agents: agents)
    }

    /// Undoes what the body has written where it fails or says so, and nothing else of the transaction.
    func inSavepoint(_ body: () throws -> Completion) throws {
        try connection.inSavepoint(body)
    }
}

/// A statement that can be run any number of times.
struct Statement {
    fileprivate let prepared: any PreparedStatement

    func execute(arguments: StatementArguments = []) throws {
        try prepared.execute(arguments.values)
    }

    /// Gives rows one after the other, until the body says `false`.
    func forEachRow(_ arguments: StatementArguments = [], _ body: (Row) throws -> Bool) throws {
        try prepared.forEachRow(arguments.values, body)
    }
}

/// What an engine gives a `Database`.
///
/// Its errors are `DatabaseError`.
protocol Connection {
    var dialect: Dialect { get }
    var changesCount: Int { get }
    var isInsideTransaction: Bool { get }

    /// - Parameter isKept: whether the statement is to be prepared once for all times.
    func prepare(_ sql: String, isKept: Bool) throws -> any PreparedStatement

    func inSavepoint(_ body: () throws -> Database.Completion) throws

    func lock(traces: () -> [LockName], agents: () -> [LockName]) throws
}

protocol PreparedStatement {
    func execute(_ values: [DatabaseValue]) throws
    func forEachRow(_ values: [DatabaseValue], _ body: (Row) throws -> Bool) throws
}

/// Question marks for a list of values.
func databaseQuestionMarks(count: Int) -> String {
    repeatElement("?", count: count).joined(separator: ",")
}
