import FoundationEssentials
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

struct SQLiteStatement: PreparedStatement {
    let statement: GRDB.Statement

    func execute(_ values: [DatabaseValue]) throws {
        try DatabaseError.translating { try statement.execute(arguments: Self.arguments(values)) }
    }

    func forEachRow(_ values: [DatabaseValue], _ body: (Row) throws -> Bool) throws {
        try DatabaseError.translating {
            let cursor = try GRDB.Row.fetchCursor(statement, arguments: Self.arguments(values))
            let count = statement.columnCount
            while let row = try cursor.next() {
                let values = (0..<count).map { DatabaseValue(row[$0] as GRDB.DatabaseValue) }
                guard try body(Row(values: values, names: statement)) else { return }
            }
        }
    }

    private static func arguments(_ values: [DatabaseValue]) -> GRDB.StatementArguments {
        // As a list of any values: what the library has for values of one type makes a key path anew for each call, which
        // took up to a fifth of the writer's time.
        var arguments: [(any GRDB.DatabaseValueConvertible)?] = []
        arguments.reserveCapacity(values.count)
        for value in values { arguments.append(value.value) }
        return GRDB.StatementArguments(arguments)
    }
}

extension GRDB.Statement: ColumnNames {}

extension DatabaseValue {
    fileprivate init(_ value: GRDB.DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .real(number)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .blob([UInt8](data))
        }
    }

    fileprivate var value: GRDB.DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): Self.value(number)
        case .real(let number): Self.value(number)
        case .text(let text): Self.value(text)
        case .blob(let bytes): Self.value(Data(bytes))
        }
    }

    /// By the protocol of the library: our types have a property of the same name, which hides theirs and leaves another one
    /// of the library's, that encodes JSON.
    private static func value(_ value: some GRDB.DatabaseValueConvertible) -> GRDB.DatabaseValue {
        value.databaseValue
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
