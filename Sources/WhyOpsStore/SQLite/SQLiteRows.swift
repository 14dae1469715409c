import GRDB
import GRDBSQLite

/// The rows of a statement whose parameters are set. The library steps through it, which is how it stops what is cancelled;
/// the values are read by the functions of SQLite itself, since the rows of the library know their columns by name, and that
/// costs more than reading them.
final class SQLiteRows: DatabaseCursor {
    typealias Element = [DatabaseValue]

    let _statement: GRDB.Statement
    var _isDone = false
    private let count: Int32

    init(_ statement: GRDB.Statement) {
        _statement = statement
        count = Int32(statement.columnCount)
    }

    /// Until then the statement holds on to what it reads.
    deinit { sqlite3_reset(_statement.sqliteStatement) }

    /// The row that the statement stands at.
    func _element(sqliteStatement handle: OpaquePointer) throws -> [DatabaseValue] {
        try (0..<count).map { try value(ofColumn: $0, of: handle) }
    }

    /// - Throws: where there is no memory for it: SQLite gives no pointer then.
    private func value(ofColumn place: Int32, of handle: OpaquePointer) throws -> DatabaseValue {
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
