import GRDB
import GRDBSQLite

/// A statement on a file. The library runs it; values go in and out by the functions of SQLite itself, since what the library
/// makes of each of them costs more than most statements do.
struct SQLiteStatement: PreparedStatement {
    let statement: GRDB.Statement

    func execute(_ values: [DatabaseValue]) throws {
        try bound(to: values) { try statement.execute() }
    }

    func forEachRow(_ values: [DatabaseValue], _ body: (Row) throws -> Bool) throws {
        try bound(to: values) {
            let cursor = try GRDB.Row.fetchCursor(statement)
            let count = Int32(statement.columnCount)
            while try cursor.next() != nil {
                let values = try (0..<count).map { try value(ofColumn: $0) }
                guard try body(Row(values: values, names: statement)) else { return }
            }
        }
    }

    // MARK: Parameters

    /// Runs something with the values as the statement's parameters, which are forgotten afterwards: they may be large.
    private func bound(to values: [DatabaseValue], _ body: () throws -> Void) throws {
        let handle = statement.sqliteStatement
        guard values.count == sqlite3_bind_parameter_count(handle) else {
            throw DatabaseError(kind: .other, code: "parameters", message: "A statement has other parameters.")
        }
        try DatabaseError.translating {
            // Here it only repeats the error of a step that failed before, which was thrown then; the library takes it for new.
            sqlite3_reset(handle)
            // The library is told that the values are there, and so does not look for them.
            statement.setUncheckedArguments(GRDB.StatementArguments())
            defer { sqlite3_clear_bindings(handle) }
            for (place, value) in zip(Int32(1)..., values) {
                let code = Self.bind(value, at: place, of: handle)
                if code != SQLITE_OK { throw GRDB.DatabaseError(resultCode: ResultCode(rawValue: code)) }
            }
            try body()
        }
    }

    private static func bind(_ value: DatabaseValue, at place: Int32, of handle: OpaquePointer) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(handle, place)
        case .integer(let number): return sqlite3_bind_int64(handle, place, number)
        case .real(let number): return sqlite3_bind_double(handle, place, number)
        case .text(var text):
            return text.withUTF8 { bytes in
                // Without a pointer it would be NULL.
                guard let start = bytes.baseAddress else { return bindEmptyText(at: place, of: handle) }
                return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text64(handle, place, $0, UInt64(bytes.count), transient, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            if bytes.isEmpty { return sqlite3_bind_zeroblob(handle, place, 0) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob64(handle, place, $0.baseAddress, UInt64($0.count), transient)
            }
        }
    }

    private static func bindEmptyText(at place: Int32, of handle: OpaquePointer) -> Int32 {
        "".withCString { sqlite3_bind_text(handle, place, $0, 0, transient) }
    }

    /// SQLite copies what it is given: the header's SQLITE_TRANSIENT, a number in the place of a function, which Swift cannot
    /// import. It is never called.
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    // MARK: Columns

    /// A value of the row that the statement stands at.
    ///
    /// - Throws: where there is no memory for it: SQLite gives no pointer then.
    private func value(ofColumn place: Int32) throws -> DatabaseValue {
        let handle = statement.sqliteStatement
        switch sqlite3_column_type(handle, place) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, place))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(handle, place))
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(handle, place) else {
                throw GRDB.DatabaseError(resultCode: .SQLITE_NOMEM)
            }
            // As many bytes lie there until the next step or conversion; they are copied before.
            let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, place)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, place)
            let count = Int(sqlite3_column_bytes(handle, place))
            if start == nil, count > 0 { throw GRDB.DatabaseError(resultCode: .SQLITE_NOMEM) }
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default: return .null
        }
    }
}

extension GRDB.Statement: ColumnNames {}
