import WhyOps

/// What an agent is made of; each change of it is a new version of the agent.
public struct AgentMetadata: Sendable, Hashable {
    /// The system prompt.
    public var systemPrompt: String
    /// What the agent is for.
    public var description: String?
    /// The tools that it may call.
    public var tools: [AgentTool]

    /// Metadata with what is given.
    public init(systemPrompt: String, description: String? = nil, tools: [AgentTool] = []) {
        self.systemPrompt = systemPrompt
        self.description = description
        self.tools = tools
    }

    /// The body of a registration, whose tools come first as in the other SDKs (CLT-5).
    func registration(of agentName: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("agentName", agentName)
            writer.name("metadata")
            writer.object { writer in
                writer.list("tools", tools) { tool, writer in
                    writer.object { writer in
                        writer.member("name", tool.name)
                        writer.member("description", tool.description)
                        writer.member("inputSchema", tool.inputSchema)
                        writer.member("outputSchema", tool.outputSchema)
                    }
                }
                writer.member("systemPrompt", systemPrompt)
                writer.member("description", description)
            }
        }
        return writer.bytes
    }
}

/// A tool of an agent.
public struct AgentTool: Sendable, Hashable {
    /// The tool's name.
    public var name: String
    /// What the tool does.
    public var description: String?
    /// The JSON Schema of its arguments, as text.
    public var inputSchema: String?
    /// The JSON Schema of its result, as text.
    public var outputSchema: String?

    /// A tool with what is given.
    public init(name: String, description: String? = nil, inputSchema: String? = nil, outputSchema: String? = nil) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
        self.outputSchema = outputSchema
    }
}

/// What the service says of a registered agent.
public struct AgentInfo: Sendable, Hashable {
    /// The agent's id.
    public let agentId: String
    /// The id of its version.
    public let agentVersionId: String
    /// `created` or `existing`.
    public let status: String
    /// What tells the version's definition from others.
    public let versionHash: String

    init?(_ body: [UInt8]) {
        guard let root = try? JSONDocument(body).root, let agentId = root["agentId"]?.string,
            let agentVersionId = root["agentVersionId"]?.string
        else { return nil }
        self.agentId = agentId
        self.agentVersionId = agentVersionId
        self.status = root["status"]?.string ?? ""
        self.versionHash = root["versionHash"]?.string ?? ""
    }
}
