/// A JSON text together with its tape: what code that is not on a hot path reads JSON with.
public struct JSONDocument: Sendable {
    /// The text.
    public let bytes: [UInt8]
    /// Where its values lie.
    public let tape: JSONTape

    /// Scans a JSON text.
    ///
    /// - Complexity: O(n).
    /// - Throws: `JSONFault` with the offset of the first byte that cannot stand.
    public init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONFault) {
        self.tape = try JSONTape(scanning: bytes.span, limits: limits)
        self.bytes = bytes
    }

    /// The outermost value.
    public var root: JSONValue { JSONValue(document: self, index: tape.root) }
}

/// One value of a document.
public struct JSONValue: Sendable {
    /// The document that the value belongs to.
    public let document: JSONDocument
    /// The value's place in the document's tape.
    public let index: JSONTape.Index

    /// What the value is.
    public var kind: JSONTape.Kind { document.tape.kind(index) }

    /// The value of a member, by its ASCII name; the last one where the name occurs twice.
    public subscript(_ name: StaticString) -> JSONValue? {
        document.tape.member(name, of: index, in: document.bytes.span).map { JSONValue(document: document, index: $0) }
    }

    /// The items of an array, or the values of an object; empty for anything else.
    public var children: [JSONValue] {
        document.tape.children(index).map { JSONValue(document: document, index: $0) }
    }

    /// The items of an array; none of anything else.
    var listed: [JSONValue] { kind == .array ? children : [] }

    /// The children one by one, without a list of them.
    var items: Items { Items(document: document, children: document.tape.children(index)) }

    /// The children of a value in order.
    struct Items: Sequence, IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var children: JSONTape.Children

        mutating func next() -> JSONValue? {
            children.next().map { JSONValue(document: document, index: $0) }
        }
    }

    /// The last of the children for which a condition holds, found from the front without listing them.
    func lastChild(where matches: (JSONTape, JSONTape.Index, Span<UInt8>) -> Bool) -> JSONValue? {
        var last: JSONTape.Index?
        for child in document.tape.children(index) where matches(document.tape, child, document.bytes.span) {
            last = child
        }
        return last.map { JSONValue(document: document, index: $0) }
    }

    /// The members of an object in order; empty for anything else.
    public var members: [(name: String, value: JSONValue)] {
        document.tape.members(index).map { name, value in
            (document.tape.string(name, in: document.bytes.span) ?? "", JSONValue(document: document, index: value))
        }
    }

    /// The text of a string; lone surrogates become U+FFFD.
    public var string: String? { document.tape.string(index, in: document.bytes.span) }

    /// An integer written without fraction or exponent.
    public var integer: Int? { document.tape.integer(index, in: document.bytes.span) }

    /// The bytes of the value as they stand.
    public var slice: [UInt8] { document.tape.slice(index, in: document.bytes.span) }

    /// Whether the value is a string with this ASCII text.
    public func isString(_ text: StaticString) -> Bool {
        document.tape.isString(index, text, in: document.bytes.span)
    }
}
