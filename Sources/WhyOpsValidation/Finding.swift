/// One rule that a file breaks, with the place in the file.
package struct Finding: Hashable, Sendable {
    /// The file as it was named, or `-` for standard input.
    package let source: String
    /// The place in the file.
    package let place: TextPlace
    /// The place in the value as a JSON pointer (RFC 6901); empty for the whole.
    package let pointer: String
    /// The rule's stable id, such as `traceId.required` or `json.unexpected-byte`.
    package let rule: String
    /// What is wrong and what to write instead.
    package let message: String

    package init(source: String, place: TextPlace, pointer: String, rule: String, message: String) {
        self.source = source
        self.place = place
        self.pointer = pointer
        self.rule = rule
        self.message = message
    }
}

/// A place in a text, as editors count.
package struct TextPlace: Hashable, Sendable {
    /// From 1.
    package let line: Int
    /// From 1, in code points.
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}
