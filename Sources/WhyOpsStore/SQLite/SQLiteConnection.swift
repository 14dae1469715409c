import GRDB

/// A connection to a file.
struct SQLiteConnection: Connection {
    let database: GRDB.Database

    var dialect: Dialect { .sqlite }
    var changesCount: Int { database.changesCount }
    var isInsideTransaction: Bool { database.isInsideTransaction }

    func prepare(_ sql: String, isKept: Bool) throws -> any PreparedStatement {
        try DatabaseError.translating {
            SQLiteStatement(
                statement: isKept ? try database.cachedStatement(sql: sql) : try database.makeStatement(sql: sql)
            )
        }
    }

    /// The file has one writer.
    func lock(traces: () -> [LockName], agents: () -> [LockName], patience: Duration?) {}

    func inSavepoint(_ body: () throws -> Database.Completion) throws {
        try DatabaseError.translating {
            try database.inSavepoint {
                switch try body() {
                case .commit: .commit
                case .rollback: .rollback
                }
            }
        }
    }
}

extension DatabaseError {
    /// Runs something of the database, whose errors become those that both engines have.
    static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
    }

    init(_ error: GRDB.DatabaseError) {
        kind =
            switch error.resultCode {
            case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG: .rule
            case .SQLITE_BUSY: .busy
            case .SQLITE_INTERRUPT: .interrupted
            default: .other
            }
        code = "\(error.extendedResultCode)"
        message = error.message ?? ""
    }
}
