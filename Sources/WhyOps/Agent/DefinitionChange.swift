/// One thing in which two definitions differ (AGT-38).
public struct DefinitionChange: Hashable, Sendable {
    /// What changed. The texts are those of the specification; further ones may come.
    public struct Code: Hashable, Sendable {
        /// The code, such as `property.became-required`.
        public let text: String

        init(_ text: StaticString) { self.text = text.description }
    }

    /// What changed.
    public let code: Code
    /// The name of the tool that the change is about.
    public let tool: String?
    /// `inputSchema` or `outputSchema`, where the change is in one.
    public let schema: String?
    /// The place in that schema, a JSON pointer (RFC 6901).
    public let pointer: String?
    /// What stood there, in its canonical form.
    public let before: [UInt8]?
    /// What stands there now, in its canonical form.
    public let after: [UInt8]?
    /// The change in words.
    public let sentence: String

    init(
        _ code: StaticString,
        tool: String? = nil,
        schema: String? = nil,
        pointer: String? = nil,
        before: [UInt8]? = nil,
        after: [UInt8]? = nil,
        sentence: String
    ) {
        self.code = Code(code)
        self.tool = tool
        self.schema = schema
        self.pointer = pointer
        self.before = before
        self.after = after
        self.sentence = sentence
    }

    /// Writes all members, null where there is nothing to say.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("code", code.text)
            for (name, text) in [("tool", tool), ("schema", schema), ("pointer", pointer)] {
                writer.name(name)
                if let text { writer.string(text) } else { writer.null() }
            }
            writer.member("before", raw: before ?? Array("null".utf8))
            writer.member("after", raw: after ?? Array("null".utf8))
            writer.member("sentence", sentence)
        }
    }
}
