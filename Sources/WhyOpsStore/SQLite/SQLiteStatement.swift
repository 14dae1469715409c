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
            let rows = SQLiteRows(statement)
            while let values = try rows.next() {
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
            // All texts and blobs lie in one place, where SQLite reads them: a copy of each of its own costs more than most
            // statements do. It is left only when no parameter points there any more.
            try withUnsafeTemporaryAllocation(byteCount: values.reduce(0) { $0 + $1.byteCount }, alignment: 1) { room in
                defer { sqlite3_clear_bindings(handle) }
                var rest = room[...]
                for (place, value) in zip(Int32(1)..., values) {
                    let code = Self.bind(value, at: place, of: handle, copiedTo: &rest)
                    if code != SQLITE_OK { throw GRDB.DatabaseError(resultCode: ResultCode(rawValue: code)) }
                }
                try body()
            }
        }
    }

    private static func bind(
        _ value: DatabaseValue,
        at place: Int32,
        of handle: OpaquePointer,
        copiedTo rest: inout Slice<UnsafeMutableRawBufferPointer>
    ) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(handle, place)
        case .integer(let number): return sqlite3_bind_int64(handle, place, number)
        case .real(let number): return sqlite3_bind_double(handle, place, number)
        case .text(var text):
            let copy = text.withUTF8 { take($0.count, of: &rest, from: UnsafeRawBufferPointer($0)) }
            // Without a pointer it would be NULL.
            guard let start = copy.baseAddress, !copy.isEmpty else { return bindEmptyText(at: place, of: handle) }
            return start.withMemoryRebound(to: CChar.self, capacity: copy.count) {
                sqlite3_bind_text64(handle, place, $0, UInt64(copy.count), nil, UInt8(SQLITE_UTF8))
            }
        case .blob(let bytes):
            if bytes.isEmpty { return sqlite3_bind_zeroblob(handle, place, 0) }
            let copy = bytes.withUnsafeBytes { take($0.count, of: &rest, from: $0) }
            return sqlite3_bind_blob64(handle, place, copy.baseAddress, UInt64(copy.count), nil)
        }
    }

    /// Copies bytes to the beginning of a place that has room for them, and takes them off it.
    private static func take(
        _ count: Int,
        of rest: inout Slice<UnsafeMutableRawBufferPointer>,
        from bytes: UnsafeRawBufferPointer
    ) -> UnsafeMutableBufferPointer<UInt8> {
        let copy = UnsafeMutableRawBufferPointer(rebasing: rest.prefix(count))
        copy.copyMemory(from: bytes)
        rest = rest.dropFirst(count)
        return copy.bindMemory(to: UInt8.self)
    }

    private static func bindEmptyText(at place: Int32, of handle: OpaquePointer) -> Int32 {
        sqlite3_bind_text(handle, place, "", 0, transient)
    }

    /// SQLite copies what it is given: the header's SQLITE_TRANSIENT, a number in the place of a function, which Swift cannot
    /// import. It is never called.
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

extension GRDB.Statement: ColumnNames {}

extension DatabaseValue {
    /// What it takes beside itself.
    fileprivate var byteCount: Int {
        switch self {
        case .null, .integer, .real: 0
        case .text(let text): text.utf8.count
        case .blob(let bytes): bytes.count
        }
    }
}
