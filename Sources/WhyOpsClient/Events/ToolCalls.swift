import WhyOps

/// A tool call as a model asks for it: its arguments are JSON in a string.
public struct ModelToolCall: Sendable, Hashable {
    /// The provider's id of the call.
    public var id: String?
    /// The tool's name.
    public var name: String
    /// The arguments, as the model wrote them.
    public var arguments: String

    /// A call with what the model wrote.
    public init(id: String? = nil, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.name("function")
            writer.object { writer in
                writer.member("name", name)
                writer.member("arguments", arguments)
            }
        }
    }
}

/// A tool call as it is run: its arguments are an object.
public struct ToolCall: Sendable, Hashable {
    /// The tool's name.
    public var name: String
    /// The arguments, an object.
    public var arguments: JSONContent

    /// A call with its arguments.
    public init(name: String, arguments: JSONContent = [:]) {
        self.name = name
        self.arguments = arguments
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name)
            writer.member("arguments", raw: arguments.bytes)
        }
    }
}
