import FoundationEssentials

/// A value of a column, or of a parameter of a statement.
enum DatabaseValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension DatabaseValue {
    static func of(_ value: String?) -> DatabaseValue { value.map { .text($0) } ?? .null }
    static func of(_ value: Int?) -> DatabaseValue { value.map { .integer(Int64($0)) } ?? .null }
    /// Bytes that are UTF-8.
    static func text(of bytes: [UInt8]?) -> DatabaseValue {
        bytes.map { .text(String(decoding: $0, as: UTF8.self)) } ?? .null
    }
}

/// A type whose values stand in columns.
protocol DatabaseValueConvertible {
    var databaseValue: DatabaseValue { get }

    /// `nil` where the value is `NULL` or of another type.
    init?(_ value: DatabaseValue)

    /// What stands for a value that cannot be read (STO-14).
    static var empty: Self { get }
}

extension DatabaseValue: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { self }
    static var empty: Self { .null }

    init?(_ value: DatabaseValue) { self = value }
}

extension String: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { .text(self) }
    static var empty: Self { "" }

    init?(_ value: DatabaseValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
}

extension Int64: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { .integer(self) }
    static var empty: Self { 0 }

    init?(_ value: DatabaseValue) {
        guard case .integer(let number) = value else { return nil }
        self = number
    }
}

extension Int: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { .integer(Int64(self)) }
    static var empty: Self { 0 }

    init?(_ value: DatabaseValue) {
        guard case .integer(let number) = value, let number = Int(exactly: number) else { return nil }
        self = number
    }
}

extension UInt8: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { .integer(Int64(self)) }
    static var empty: Self { 0 }

    init?(_ value: DatabaseValue) {
        guard case .integer(let number) = value, let number = UInt8(exactly: number) else { return nil }
        self = number
    }
}

/// A number that is 0 or another; SQLite has no truth values of its own.
extension Bool: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { .integer(self ? 1 : 0) }
    static var empty: Self { false }

    init?(_ value: DatabaseValue) {
        guard case .integer(let number) = value else { return nil }
        self = number != 0
    }
}

extension Double: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { .real(self) }
    static var empty: Self { 0 }

    init?(_ value: DatabaseValue) {
        switch value {
        case .real(let number): self = number
        case .integer(let number): self = Double(number)
        default: return nil
        }
    }
}

extension Array: DatabaseValueConvertible where Element == UInt8 {
    var databaseValue: DatabaseValue { .blob(self) }
    static var empty: Self { [] }

    init?(_ value: DatabaseValue) {
        guard case .blob(let bytes) = value else { return nil }
        self = bytes
    }
}

extension Data: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { .blob([UInt8](self)) }
    static var empty: Self { Data() }

    init?(_ value: DatabaseValue) {
        guard case .blob(let bytes) = value else { return nil }
        self.init(bytes)
    }
}

/// The values of a statement's parameters, by place.
struct StatementArguments: ExpressibleByArrayLiteral, Sendable, Hashable {
    private(set) var values: [DatabaseValue]

    init(arrayLiteral elements: (any DatabaseValueConvertible)?...) {
        values = elements.map { $0?.databaseValue ?? .null }
    }

    /// What is a list of such values already: a literal of anything else costs a box for each.
    init(values: [DatabaseValue]) {
        self.values = values
    }

    init(_ values: some Sequence<some DatabaseValueConvertible>) {
        self.values = values.map(\.databaseValue)
    }

    static func + (left: StatementArguments, right: StatementArguments) -> StatementArguments {
        var sum = left
        sum.values += right.values
        return sum
    }
}
