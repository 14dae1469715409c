/// A JSON value of the suite, read by a reader of its own so that the core is not checked against itself.
///
/// Strings are bytes: UTF-8, where a surrogate without its partner takes three bytes of its own. Numbers keep their
/// spelling, so that what is sent to a testee is what the file says.
public indirect enum JSON: Sendable {
    case null
    case bool(Bool)
    /// The number as it is spelt.
    case number(String)
    case string([UInt8])
    case array([JSON])
    case object([Member])

    /// A member of an object.
    public struct Member: Sendable {
        /// The name as bytes.
        public var name: [UInt8]
        /// The value.
        public var value: JSON

        /// Creates a member.
        public init(_ name: String, _ value: JSON) {
            self.init(bytes: Array(name.utf8), value)
        }

        init(bytes: [UInt8], _ value: JSON) {
            self.name = bytes
            self.value = value
        }
    }

    /// Reads a whole text; `nil` where it is not JSON or nests deeper than 512 levels.
    public init?(_ bytes: [UInt8]) {
        var parser = JSONParser(bytes)
        guard let value = parser.document() else { return nil }
        self = value
    }

    /// A string value.
    public static func text(_ text: String) -> JSON { .string(Array(text.utf8)) }

    /// A whole number.
    public static func integer(_ number: Int) -> JSON { .number(String(number)) }

    /// The last member of that name.
    public subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// The items of an array; none for another value.
    public var array: [JSON] {
        if case .array(let values) = self { return values }
        return []
    }

    /// The members of an object; none for another value.
    public var members: [Member] {
        if case .object(let members) = self { return members }
        return []
    }

    /// The bytes of a string.
    public var bytes: [UInt8]? {
        if case .string(let bytes) = self { return bytes }
        return nil
    }

    /// A string as text.
    public var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    /// A whole number that fits.
    public var integer: Int? {
        guard case .number(let spelling) = self else { return nil }
        return Int(spelling) ?? Double(spelling).flatMap { Int(exactly: $0) }
    }

    /// A truth value.
    public var bool: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    /// Whether it is `null`.
    public var isNull: Bool {
        if case .null = self { return true }
        return false
    }
}

extension JSON: Equatable {
    /// By value: numbers as numbers, members in any order, a member that is null as one that is absent.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let one), .bool(let other)): return one == other
        case (.number(let one), .number(let other)): return one == other || Double(one) == Double(other)
        case (.string(let one), .string(let other)): return one == other
        case (.array(let one), .array(let other)): return one == other
        case (.object(let one), .object(let other)):
            let names = Set(one.map(\.name) + other.map(\.name))
            return names.allSatisfy { name in
                let first = one.last { $0.name == name }?.value ?? .null
                let second = other.last { $0.name == name }?.value ?? .null
                return first == second
            }
        default: return false
        }
    }
}
