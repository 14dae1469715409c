import WhyOps

/// A message of a conversation.
public struct AgentMessage: Sendable, Hashable {
    /// Who speaks: `user`, `system`, `assistant`, or what the provider calls it.
    public var role: String
    /// What is said, a string or the provider's list of parts.
    public var content: JSONContent

    /// A message of text.
    public init(role: String, content: String) {
        self.init(role: role, parts: JSONContent(content))
    }

    /// A message whose content is the provider's own.
    public init(role: String, parts: JSONContent) {
        self.role = role
        self.content = parts
    }

    /// A message of the user.
    public static func user(_ text: String) -> AgentMessage { AgentMessage(role: "user", content: text) }
    /// A message of the system.
    public static func system(_ text: String) -> AgentMessage { AgentMessage(role: "system", content: text) }
    /// A message of the model.
    public static func assistant(_ text: String) -> AgentMessage { AgentMessage(role: "assistant", content: text) }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("role", role)
            writer.member("content", raw: content.bytes)
        }
    }
}

/// What may be said beside a user's messages.
public struct UserMessageMetadata: Sendable, Hashable {
    /// The system prompt.
    public var systemPrompt: String?
    /// The tools that the model was told of, `[["name": "search"]]` or the provider's own form.
    public var tools: [JSONContent]?
    /// Parameters of the call, such as `["temperature": 0.2]`.
    public var params: JSONContent?

    /// Metadata with what is given.
    public init(systemPrompt: String? = nil, tools: [JSONContent]? = nil, params: JSONContent? = nil) {
        self.systemPrompt = systemPrompt
        self.tools = tools
        self.params = params
    }

    func write(to writer: inout JSONWriter) {
        writer.member("systemPrompt", systemPrompt)
        writer.member("tools", raw: tools.map { JSONContent($0).bytes })
        writer.member("params", raw: params?.bytes)
    }
}
