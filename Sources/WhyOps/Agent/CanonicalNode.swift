/// A value of a canonical text: values are equal where their bytes are, and members come in their order.
struct CanonicalNode: Equatable {
    private let value: JSONValue

    /// A canonical text nests as deep as what it was made from: a few levels more than a reader allows.
    init(_ canonical: [UInt8]) throws(JSONFault) {
        value = try JSONDocument(canonical, limits: JSONLimits(depth: .max, values: .max)).root
    }

    private init(_ value: JSONValue) { self.value = value }

    private var range: Range<Int> { value.document.tape.range(value.index) }

    /// The bytes.
    var text: [UInt8] { value.slice }

    /// The text of a string; `nil` for anything else.
    var string: String? { value.string }

    var isObject: Bool { value.kind == .object }
    var isArray: Bool { value.kind == .array }

    /// The items of an array.
    var items: [CanonicalNode] { isArray ? value.children.map { CanonicalNode($0) } : [] }

    /// The value of a member by its ASCII name.
    func member(_ name: StaticString) -> CanonicalNode? { value[name].map { CanonicalNode($0) } }

    /// The members of an object, by name.
    var members: [(name: String, value: CanonicalNode)] {
        value.members.map { (name: $0.name, value: CanonicalNode($0.value)) }
    }

    /// Whether the bytes are the same.
    static func == (left: CanonicalNode, right: CanonicalNode) -> Bool {
        guard left.range.count == right.range.count else { return false }
        let (one, other) = (left.value.document.bytes.span, right.value.document.bytes.span)
        let (start, end) = (left.range.lowerBound, right.range.lowerBound)
        for offset in 0..<left.range.count where one[start + offset] != other[end + offset] { return false }
        return true
    }

    /// The members of two objects side by side, by name; either may be missing.
    static func pairs(
        _ before: CanonicalNode?,
        _ after: CanonicalNode?
    ) -> [(name: String, before: CanonicalNode?, after: CanonicalNode?)] {
        let (old, new) = (before?.members ?? [], after?.members ?? [])
        return SortedNames.merged(old.map { $0.name }, new.map { $0.name }).map { name, first, second in
            (name, first.map { old[$0].value }, second.map { new[$0].value })
        }
    }
}
