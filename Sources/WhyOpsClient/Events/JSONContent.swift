import FoundationEssentials
import WhyOps

/// A JSON value as text, written in Swift's own literals.
///
/// ```swift
/// let arguments: JSONContent = ["city": "Tehran", "days": 3]
/// let result = try JSONContent(encoding: forecast)
/// ```
///
/// Members stay in the order in which they are written.
public struct JSONContent: Sendable, Hashable {
    /// The value as JSON text in UTF-8, without white space that nobody wrote.
    public let bytes: [UInt8]

    /// A value whose text is known to be JSON.
    init(text bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads JSON text, whose bytes are kept as they are.
    ///
    /// - Throws: `ClientError` with the code `invalidJSON`, where it is none.
    public init(parsing text: String) throws(ClientError) {
        let bytes = Array(text.utf8)
        do {
            _ = try JSONDocument(bytes)
        } catch {
            throw ClientError(.invalidJSON, error.message)
        }
        self.bytes = bytes
    }

    /// What an encoder makes of a value, members by name.
    ///
    /// - Throws: `ClientError` with the code `invalidJSON`, where the value cannot be encoded.
    public init(encoding value: some Encodable) throws(ClientError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            self.bytes = Array(try encoder.encode(value))
        } catch {
            throw ClientError(.invalidJSON, "a \(type(of: value)) cannot be encoded")
        }
    }

    /// A string.
    public init(_ text: String) {
        var writer = JSONWriter()
        writer.string(text)
        self.bytes = writer.bytes
    }

    /// A whole number.
    public init(_ number: Int) {
        self.bytes = Array(String(number).utf8)
    }

    /// A number, or `null` for one that JSON cannot write.
    public init(_ number: Double) {
        self.bytes = Array((number.isFinite ? String(number) : "null").utf8)
    }

    /// `true` or `false`.
    public init(_ flag: Bool) {
        self.bytes = Array((flag ? "true" : "false").utf8)
    }

    /// An array.
    public init(_ items: [JSONContent]) {
        var writer = JSONWriter()
        writer.array { writer in
            for item in items { writer.raw(item.bytes) }
        }
        self.bytes = writer.bytes
    }

    /// An object whose members stay in this order.
    public init(members: [(name: String, value: JSONContent)]) {
        var writer = JSONWriter()
        writer.object { writer in
            for member in members { writer.member(member.name, raw: member.value.bytes) }
        }
        self.bytes = writer.bytes
    }

    /// `null`.
    public static var null: JSONContent { JSONContent(text: Array("null".utf8)) }
}

extension JSONContent: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral text: String) { self.init(text) }
    /// A whole number.
    public init(integerLiteral number: Int) { self.init(number) }
    /// A number.
    public init(floatLiteral number: Double) { self.init(number) }
    /// `true` or `false`.
    public init(booleanLiteral flag: Bool) { self.init(flag) }
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// An array.
    public init(arrayLiteral items: JSONContent...) { self.init(items) }

    /// An object whose members stay in this order.
    public init(dictionaryLiteral members: (String, JSONContent)...) {
        self.init(members: members.map { (name: $0.0, value: $0.1) })
    }
}

extension JSONContent: CustomStringConvertible {
    /// The JSON text.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
