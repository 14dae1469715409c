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

    /// As the library does it inside of a transaction, with statements that are kept: preparing them anew is much of what an
    /// append of one event costs.
    func inSavepoint(_ body: () throws -> Database.Completion) throws {
        try DatabaseError.translating {
            try database.cachedStatement(sql: "SAVEPOINT part").execute()
            do {
                switch try body() {
                case .commit: try database.cachedStatement(sql: "RELEASE part").execute()
                case .rollback: try undo()
                }
            } catch {
                // Some failures have undone the whole transaction. The first one is what is told.
                if database.isInsideTransaction { try? undo() }
                throw error
            }
        }
    }

    private func undo() throws {
        try database.cachedStatement(sql: "ROLLBACK TO part").execute()
        try database.cachedStatement(sql: "RELEASE part").execute()
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
