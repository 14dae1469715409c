/// What knows the names of a row's columns.
protocol ColumnNames: AnyObject {
    var columnNames: [String] { get }
}

/// A row of a result.
///
/// A column is asked for as the type that the statement gives it. Where a damaged database holds another one, an empty value
/// stands in its place and the damage is noted, so that the transaction comes to nothing.
struct Row {
    let values: [DatabaseValue]
    let names: any ColumnNames
    /// Where it is noted.
    var damage: Damage?

    init(values: [DatabaseValue], names: any ColumnNames) {
        self.values = values
        self.names = names
    }

    subscript<Value: DatabaseValueConvertible>(index: Int) -> Value {
        guard let value = Value(values[index]) else {
            damage?.note("column \(names.columnNames[index]) is no \(Value.self)")
            return Value.empty
        }
        return value
    }

    subscript<Value: DatabaseValueConvertible>(index: Int) -> Value? {
        let value = values[index]
        if value == .null { return nil }
        return .some(self[index])
    }

    subscript<Value: DatabaseValueConvertible>(name: String) -> Value { self[index(of: name)] }

    subscript<Value: DatabaseValueConvertible>(name: String) -> Value? { self[index(of: name)] }

    private func index(of name: String) -> Int {
        guard let index = names.columnNames.firstIndex(of: name) else { preconditionFailure("no column \(name)") }
        return index
    }
}

extension Row {
    /// The first row of a result.
    static func fetchOne(_ statement: Statement, arguments: StatementArguments = []) throws -> Row? {
        var first: Row?
        try statement.forEachRow(arguments) { row in
            first = row
            return false
        }
        return first
    }

    static func fetchOne(_ database: Database, sql: String, arguments: StatementArguments = []) throws -> Row? {
        try fetchOne(try database.makeStatement(sql: sql), arguments: arguments)
    }

    /// All rows of a result.
    static func fetchAll(_ statement: Statement, arguments: StatementArguments = []) throws -> [Row] {
        var rows: [Row] = []
        try statement.forEachRow(arguments) { row in
            rows.append(row)
            return true
        }
        return rows
    }

    static func fetchAll(_ database: Database, sql: String, arguments: StatementArguments = []) throws -> [Row] {
        try fetchAll(try database.makeStatement(sql: sql), arguments: arguments)
    }
}

extension DatabaseValueConvertible {
    /// The first column of the first row; `nil` without a row and for `NULL`.
    static func fetchOne(_ statement: Statement, arguments: StatementArguments = []) throws -> Self? {
        try Row.fetchOne(statement, arguments: arguments).flatMap { $0[0] }
    }

    static func fetchOne(_ database: Database, sql: String, arguments: StatementArguments = []) throws -> Self? {
        try fetchOne(try database.makeStatement(sql: sql), arguments: arguments)
    }

    /// The first column of all rows.
    static func fetchAll(_ database: Database, sql: String, arguments: StatementArguments = []) throws -> [Self] {
        try Row.fetchAll(database, sql: sql, arguments: arguments).map { $0[0] }
    }
}
