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
    private let damage = Damage()

    init(connection: any Connection) {
        self.connection = connection
    }

    /// Runs the body of a transaction or a part of it.
    ///
    /// - Throws: what the body throws; `DatabaseError` where it has read what cannot be right, so that nothing of it counts.
    func run<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let value = try body(self)
        if let message = damage.take() { throw DatabaseError(kind: .other, code: "damaged", message: message) }
        return value
    }

    var dialect: Dialect { connection.dialect }

    /// Rows that the last statement has written.
    var changesCount: Int { connection.changesCount }

    /// Whether the transaction still stands: some failures undo it as a whole.
    var isInsideTransaction: Bool { connection.isInsideTransaction }

    /// A statement that is prepared once for each connection; its text must be one of few.
    func cachedStatement(sql: String) throws -> Statement {
        try statement(sql, isKept: true)
    }

    /// A statement that is prepared for now.
    func makeStatement(sql: String) throws -> Statement {
        try statement(sql, isKept: false)
    }

    private func statement(_ sql: String, isKept: Bool) throws -> Statement {
        Statement(
            prepared: try connection.prepare(sql, isKept: isKept),
            isLookUp: sql.hasPrefix("SELECT") || sql.hasPrefix("DELETE"),
            damage: damage
        )
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
    ///   - patience: how long to wait for each thing that another node has, from now on; `nil` for ten seconds.
    /// - Throws: `DatabaseError` of the kind `busy` where another node does not let go in time.
    func lock(traces: () -> [LockName], agents: () -> [LockName] = { [] }, patience: Duration? = nil) throws {
        try connection.lock(traces: traces, agents: agents, patience: patience)
    }

    /// Undoes what the body has written where it fails or says so, and nothing else of the transaction.
    func inSavepoint(_ body: () throws -> Completion) throws {
        try connection.inSavepoint(body)
    }
}

/// What a transaction has read that cannot be right.
final class Damage {
    private var first: String?

    func note(_ message: String) { first = first ?? message }

    /// What was noted, which is forgotten.
    func take() -> String? {
        defer { first = nil }
        return first
    }
}

/// A statement that can be run any number of times.
struct Statement {
    fileprivate let prepared: any PreparedStatement
    fileprivate let isLookUp: Bool
    fileprivate let damage: Damage

    func execute(arguments: StatementArguments = []) throws {
        try prepared.execute(try withoutZero(arguments))
    }

    /// Gives rows one after the other, until the body says `false`.
    func forEachRow(_ arguments: StatementArguments = [], _ body: (Row) throws -> Bool) throws {
        try prepared.forEachRow(try withoutZero(arguments)) { row in
            var row = row
            row.damage = damage
            return try body(row)
        }
    }

    /// The values as an engine takes them, which would cut a text off at U+0000: where something is looked for, such a text is
    /// like nothing that there is, and it is never stored (STO-10).
    private func withoutZero(_ arguments: StatementArguments) throws -> [DatabaseValue] {
        let holdZero = arguments.values.contains { value in
            guard case .text(let text) = value else { return false }
            return text.holdsZero
        }
        if !holdZero { return arguments.values }
        return try arguments.values.map { value in
            guard case .text(let text) = value, text.holdsZero else { return value }
            if isLookUp { return .null }
            throw DatabaseError(kind: .rule, code: "zero", message: "A text holds U+0000.")
        }
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

    func lock(traces: () -> [LockName], agents: () -> [LockName], patience: Duration?) throws
}

protocol PreparedStatement {
    func execute(_ values: [DatabaseValue]) throws
    func forEachRow(_ values: [DatabaseValue], _ body: (Row) throws -> Bool) throws
}

/// Question marks for a list of values.
func databaseQuestionMarks(count: Int) -> String {
    repeatElement("?", count: count).joined(separator: ",")
}
