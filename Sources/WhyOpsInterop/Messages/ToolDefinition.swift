import WhyOps

/// A tool that a request offers, whichever vendor's form it came in.
struct ToolDefinition: Hashable {
    var type: String?
    var name: String?
    var description: String?
    /// The JSON Schema of its arguments.
    var parameters: [UInt8]?
    /// The definition as it came.
    var source: [UInt8]

    /// Reads the `tools` of a request.
    static func list(_ tools: JSONValue?) -> [ToolDefinition] {
        tools?.list.map(ToolDefinition.init) ?? []
    }

    init(_ item: JSONValue) {
        let inner = item["function"].flatMap { $0.kind == .object ? $0 : nil } ?? item
        type = item.text("type")
        name = inner.text("name")
        description = inner.text("description")
        parameters = inner.something("parameters", "input_schema")?.slice
        source = item.slice
    }

    /// Reads an item of the flat list that OpenLLMetry writes; `nil` where it has no name.
    init?(_ item: [Attribute]) {
        guard let name = item.text("name") else { return nil }
        let text = JSONWriter.text { writer in
            writer.object { writer in
                writer.member("name", name)
                writer.member("description", item.text("description"))
                guard let schema = item.text("parameters", "input_schema", "arguments") else { return }
                writer.name("parameters")
                writer.structure(schema)
            }
        }
        guard let value = JSONDocument.value(text) else { return nil }
        self.init(value)
    }

    /// Whether the client runs it; of others the provider alone knows what they are.
    var isFunction: Bool { type == nil || type == "function" || type == "custom" || parameters != nil }

    /// Writes the tool as `gen_ai.tool.definitions` has it.
    func writeGenAI(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", isFunction ? "function" : type)
            writer.member("name", name ?? type)
            writer.member("description", description)
            writer.member("parameters", raw: parameters)
        }
    }

    /// Writes the tool as events keep it.
    func write(to writer: inout JSONWriter) {
        if isFunction { writeOpenAI(to: &writer) } else { writer.raw(source) }
    }

    /// Writes the tool as chat completions have it.
    func writeOpenAI(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "function")
            writer.name("function")
            writer.object { writer in
                writer.member("name", name ?? type ?? "")
                writer.member("description", description)
                writer.member("parameters", raw: parameters)
            }
        }
    }

    /// Writes the tool as Anthropic messages have it.
    func writeAnthropic(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name ?? type ?? "")
            writer.member("description", description)
            writer.member("input_schema", raw: parameters ?? Array(#"{"type":"object"}"#.utf8))
        }
    }
}
