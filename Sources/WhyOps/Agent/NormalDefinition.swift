/// A definition in its normal form (AGT-20), its parts in their canonical form.
struct NormalDefinition {
    struct Tool {
        let name: String
        /// The tool in its canonical form.
        let canonicalJSON: [UInt8]
    }

    /// The prompt, a JSON string.
    let systemPrompt: [UInt8]
    /// What the agent is for, a JSON string; `nil` where it is absent or empty.
    let description: [UInt8]?
    /// The tools in the order of AGT-22.
    let tools: [Tool]
    /// The canonical form of the whole.
    let canonicalJSON: [UInt8]

    /// Brings a definition into its normal form.
    ///
    /// - Complexity: O(n), and O(t log t) in the tools.
    /// - Throws: `json.no-canonical-form` where there is none (AGT-24), as for an agent that only its events tell of
    ///   and whose tools are none (AGT-9).
    init(_ definition: AgentDefinition) throws(JSONFault) {
        let root = try JSONDocument(definition.canonicalJSON).root
        guard let prompt = root["systemPrompt"], let list = root["tools"], list.kind == .array else {
            throw JSONFault(.noCanonicalForm, at: 0)
        }
        systemPrompt = try CanonicalJSON(prompt).bytes
        if let text = root["description"], !text.isEmptyString {
            description = try CanonicalJSON(text).bytes
        } else {
            description = nil
        }
        var tools: [Tool] = []
        for item in list.children { tools.append(try Tool(item)) }
        tools.sort { left, right in
            let order = UTF16Order.compare(left.name, right.name)
            return order == 0
                ? left.canonicalJSON.lexicographicallyPrecedes(right.canonicalJSON) : order < 0
        }
        self.tools = tools

        var writer = CanonicalWriter()
        writer.append("{")
        if let description {
            writer.append("\"description\":")
            writer.append(raw: description)
            writer.append(",")
        }
        writer.append("\"systemPrompt\":")
        writer.append(raw: systemPrompt)
        writer.append(",\"tools\":[")
        for index in 0..<tools.count {
            if index > 0 { writer.append(",") }
            writer.append(raw: tools[index].canonicalJSON)
        }
        writer.append("]}")
        canonicalJSON = writer.bytes
    }
}

extension NormalDefinition.Tool {
    fileprivate init(_ tool: JSONValue) throws(JSONFault) {
        guard let text = tool["name"], let name = text.string else {
            throw JSONFault(.noCanonicalForm, at: tool.document.tape.range(tool.index).lowerBound)
        }
        var writer = CanonicalWriter()
        writer.append("{")
        if let description = tool["description"], !description.isEmptyString {
            writer.append("\"description\":")
            try writer.append(description)
            writer.append(",")
        }
        if let schema = tool["inputSchema"], !schema.isEmptyString {
            writer.append("\"inputSchema\":")
            try writer.append(schema.parsedText ?? schema)
            writer.append(",")
        }
        writer.append("\"name\":")
        try writer.append(text)
        if let schema = tool["outputSchema"], !schema.isEmptyString {
            writer.append(",\"outputSchema\":")
            try writer.append(schema.parsedText ?? schema)
        }
        writer.append("}")
        self.name = name
        self.canonicalJSON = writer.bytes
    }
}

extension JSONValue {
    fileprivate var isEmptyString: Bool { kind == .string && document.tape.contentRange(index).isEmpty }

    /// The JSON value of a string's text (AGT-21); `nil` where it is none. A text with half a surrogate pair is none:
    /// it has no UTF-8.
    fileprivate var parsedText: JSONValue? {
        guard let text = wellFormedText else { return nil }
        do throws(JSONFault) {
            return try JSONDocument(text).root
        } catch {
            return nil
        }
    }

    private var wellFormedText: [UInt8]? {
        guard kind == .string else { return nil }
        let bytes = document.bytes.span
        var text: [UInt8] = []
        var cursor = TextCursor(document.tape.contentRange(index), escapes: !document.tape.isPlain(index))
        while let unit = cursor.next(in: bytes) {
            if unit.isLoneHighSurrogate || unit.isLoneLowSurrogate { return nil }
            text.appendUTF8(unit.scalar)
        }
        return text
    }
}
