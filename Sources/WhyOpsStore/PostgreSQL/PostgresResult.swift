import CPQ

/// Types of columns by their numbers in the server's catalogue.
enum ColumnType: UInt32 {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case float4 = 700
    case float8 = 701
    case numeric = 1700
}

/// The columns of a result.
final class PostgresColumns: ColumnNames {
    let columnNames: [String]
    let types: [ColumnType?]

    init(_ result: OpaquePointer) {
        let range = 0..<PQnfields(result)
        columnNames = range.map { column in PQfname(result, column).map { String(cString: $0) } ?? "" }
        types = range.map { ColumnType(rawValue: PQftype(result, $0)) }
    }
}

/// What a server has answered, or a row of it, in text.
final class PostgresResult {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { PQclear(handle) }

    /// Rows that the statement has written.
    var changesCount: Int {
        PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// Gives the rows until the body says `false`, and says whether it never did.
    func forEachRow(_ columns: PostgresColumns, _ body: (Row) throws -> Bool) throws -> Bool {
        for row in 0..<PQntuples(handle) {
            let values = columns.types.enumerated().map { value(row, Int32($0.offset), $0.element) }
            guard try body(Row(values: values, names: columns)) else { return false }
        }
        return true
    }

    private func value(_ row: Int32, _ column: Int32, _ type: ColumnType?) -> DatabaseValue {
        guard PQgetisnull(handle, row, column) == 0, let start = PQgetvalue(handle, row, column) else { return .null }
        let text = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(handle, row, column)))
        switch type {
        case .bool:
            return .integer(text.first == UInt8(ascii: "t") ? 1 : 0)
        case .int2, .int4, .int8, .numeric:
            let digits = String(decoding: text, as: UTF8.self)
            return Int64(digits).map { .integer($0) } ?? Double(digits).map { .real($0) } ?? .null
        case .float4, .float8:
            return Double(String(decoding: text, as: UTF8.self)).map { .real($0) } ?? .null
        case .bytea:
            return .blob(Self.bytes(text))
        case nil:
            return .text(String(decoding: text, as: UTF8.self))
        }
    }

    /// Bytes from `\x` and two digits for each.
    private static func bytes(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8 { byte < 0x40 ? byte & 0xF : (byte & 0xF) + 9 }
        guard text.count >= 2 else { return [] }
        return stride(from: 2, to: text.count - 1, by: 2).map {
            digit(text[$0]) << 4 | digit(text[$0 + 1])
        }
    }
}
