/// One change to a text: some bytes replaced by others.
public struct ByteEdit: Equatable, Sendable {
    /// What is replaced; empty where bytes are only inserted.
    public var range: Range<Int>
    /// What stands there instead; empty where bytes are only cut.
    public var replacement: [UInt8]

    /// Replaces a range.
    public init(_ range: Range<Int>, with replacement: [UInt8] = []) {
        self.range = range
        self.replacement = replacement
    }
}

extension [UInt8] {
    /// The text with some changes, which must be in order and apart; the same storage where there is none.
    ///
    /// - Complexity: O(n), one allocation.
    public func applying(_ edits: [ByteEdit]) -> [UInt8] {
        if edits.isEmpty { return self }
        var size = count
        for edit in edits { size += edit.replacement.count - edit.range.count }
        var result: [UInt8] = []
        result.reserveCapacity(size)
        var position = 0
        for edit in edits {
            result.append(contentsOf: self[position..<edit.range.lowerBound])
            result.append(contentsOf: edit.replacement)
            position = edit.range.upperBound
        }
        result.append(contentsOf: self[position...])
        return result
    }
}

extension JSONDocument {
    /// The JSON text of a value with those of the document's changes that fall into it.
    func forwarded(_ value: JSONValue, _ edits: [ByteEdit]) -> [UInt8] {
        let range = tape.range(value.index)
        let inner = edits.filter { range.contains($0.range.lowerBound) }.map {
            ByteEdit(
                $0.range.lowerBound - range.lowerBound..<$0.range.upperBound - range.lowerBound,
                with: $0.replacement
            )
        }
        return value.slice.applying(inner)
    }
}
