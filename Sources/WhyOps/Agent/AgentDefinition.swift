/// What an agent is made of: its prompt and its tools, in the form that is hashed and stored.
public struct AgentDefinition: Hashable, Sendable {
    /// A tool that the agent may call.
    public struct Tool: Hashable, Sendable {
        /// The tool's name.
        public let name: String
        /// The JSON Schema of its arguments, as text.
        public let inputSchema: String?
        /// The JSON Schema of its result, as text.
        public let outputSchema: String?
        /// What the tool does.
        public let description: String?
    }

    /// The system prompt; lone surrogates, which no text can hold, are U+FFFD here and exact in `canonicalJSON`.
    public let systemPrompt: String
    /// The tools in the order in which they came.
    public let tools: [Tool]
    /// What the agent is for.
    public let description: String?
    /// The definition as `JSON.stringify` writes it, members in the order of the schema (AGT-7).
    public let canonicalJSON: [UInt8]

    /// The first 32 hexadecimal digits of the SHA-256 of the canonical text (AGT-6).
    public var versionHash: String { String(SHA256.hex(of: canonicalJSON).utf8.prefix(32)) ?? "" }

    /// A definition of which only the canonical text is known, for an agent that nobody registered (AGT-9).
    package init(systemPrompt: String, canonicalJSON: [UInt8], description: String) {
        self.systemPrompt = systemPrompt
        self.tools = []
        self.description = description
        self.canonicalJSON = canonicalJSON
    }

    /// Reads the `metadata` of a registration (AGT-1, AGT-3).
    ///
    /// - Throws: `InvalidInput` with every fault (AGT-2).
    public init(_ metadata: JSONValue) throws(InvalidInput) {
        var faults: [InputFault] = []
        guard let definition = AgentDefinition(metadata, path: [], faults: &faults) else {
            throw InvalidInput(faults: faults)
        }
        self = definition
    }

    /// Reads the `metadata` of a registration, adding the faults that it finds.
    init?(_ metadata: JSONValue, path: [InputFault.Step], faults: inout [InputFault]) {
        guard metadata.kind == .object else {
            faults.append(
                InputFault(path: path, rule: "metadata.type", code: "invalid_type", message: "Expected an object")
            )
            return nil
        }
        let before = faults.count
        var fields = FieldReader(metadata, path: path)
        var canonical = CanonicalObject()
        var prompt: String?
        if let member = fields.required("systemPrompt", rule: "systemPrompt") {
            prompt = fields.text(
                member,
                "systemPrompt",
                rule: "systemPrompt",
                minimum: 1,
                emptyMessage: "metadata.systemPrompt is required"
            )
            canonical.add("systemPrompt", member.stringifiedString)
        }
        var tools: [Tool] = []
        var toolFaults: [InputFault] = []
        if let member = fields.required("tools", rule: "tools", "Required; send [] where the agent has no tools") {
            if member.kind == .array {
                var items = CanonicalArray()
                var index = 0
                // As many faults as EVT-16 asks for: a hostile body must not cost a multiple of its size.
                for item in member.children where toolFaults.count < FaultList.maximum {
                    let place = path + [.member("tools"), .item(index)]
                    if let tool = Tool(item, path: place, into: &items, faults: &toolFaults) { tools.append(tool) }
                    index += 1
                }
                canonical.add("tools", items.bytes)
            } else {
                fields.fault("tools", rule: "tools.type", code: "invalid_type", "Expected an array")
            }
        }
        var description: String?
        if let member = metadata["description"] {
            // AGT-5: the agent's own description counts even when it is empty, unlike a tool's.
            description = fields.text(member, "description", rule: "description")
            canonical.add("description", member.stringifiedString)
        }
        faults += fields.faults + toolFaults
        guard faults.count == before, let prompt else { return nil }
        self.systemPrompt = prompt
        self.tools = tools
        self.description = description
        self.canonicalJSON = canonical.bytes
    }
}

extension AgentDefinition.Tool {
    fileprivate init?(
        _ value: JSONValue,
        path: [InputFault.Step],
        into items: inout CanonicalArray,
        faults: inout [InputFault]
    ) {
        guard value.kind == .object else {
            faults.append(
                InputFault(path: path, rule: "tool.type", code: "invalid_type", message: "Expected an object")
            )
            return nil
        }
        var fields = FieldReader(value, path: path)
        var canonical = CanonicalObject()
        var name: String?
        if let member = fields.required("name", rule: "tool.name") {
            name = fields.text(member, "name", rule: "tool.name", minimum: 1, emptyMessage: "tool.name is required")
            canonical.add("name", member.stringifiedString)
        }
        let input = fields.schema("inputSchema", rule: "tool.inputSchema", into: &canonical)
        let output = fields.schema("outputSchema", rule: "tool.outputSchema", into: &canonical)
        var description: String?
        if let member = value["description"],
            let text = fields.text(member, "description", rule: "tool.description"), !text.isEmpty
        {
            description = text
            canonical.add("description", member.stringifiedString)
        }
        items.add(canonical.bytes)
        faults += fields.faults
        guard fields.faults.isEmpty, let name else { return nil }
        self.name = name
        self.inputSchema = input
        self.outputSchema = output
        self.description = description
    }
}

extension FieldReader {
    /// A schema: a string, or an object, which counts as the string of its compact text (AGT-4); absent where empty (AGT-3).
    fileprivate mutating func schema(
        _ name: StaticString,
        rule: StaticString,
        into canonical: inout CanonicalObject
    ) -> String? {
        guard let member = value[name] else { return nil }
        if member.kind == .object {
            let text = member.compact
            var writer = JSONWriter()
            writer.string(utf8: text)
            canonical.add(name, writer.bytes)
            return String(decoding: text, as: UTF8.self)
        }
        guard let text = text(member, name, rule: rule), !text.isEmpty else { return nil }
        canonical.add(name, member.stringifiedString)
        return text
    }
}

/// A JSON object that is written member by member.
private struct CanonicalObject {
    private var parts: [(name: StaticString, value: [UInt8])] = []

    mutating func add(_ name: StaticString, _ value: [UInt8]?) {
        guard let value else { return }
        parts.append((name, value))
    }

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            for part in parts { writer.member(part.name.description, raw: part.value) }
        }
        return writer.bytes
    }
}

private struct CanonicalArray {
    private var parts: [[UInt8]] = []

    mutating func add(_ value: [UInt8]) { parts.append(value) }

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.array { writer in
            for part in parts { writer.raw(part) }
        }
        return writer.bytes
    }
}
