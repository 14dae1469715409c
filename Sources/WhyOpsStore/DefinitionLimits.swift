import WhyOps

/// How large an agent's definition may be, and how many there may be of one agent (ING-114, ING-115).
enum DefinitionLimits {
    /// Bytes of the canonical text.
    static let bytes = 2 << 20
    static let tools = 512
    /// Versions of one agent.
    static let versions = 10_000

    /// What is wrong with a definition that is too large; `nil` for any other.
    static func fault(of definition: AgentDefinition) -> InputFault? {
        if definition.tools.count > tools {
            return InputFault(
                path: [.member("metadata"), .member("tools")],
                rule: "tools.maxItems",
                code: "too_big",
                message: "At most \(tools) tools, got \(definition.tools.count)"
            )
        }
        if definition.canonicalJSON.count > bytes {
            return InputFault(
                path: [.member("metadata")],
                rule: "metadata.maxLength",
                code: "too_big",
                message: "At most \(bytes) bytes of prompt, tools and schemas, got \(definition.canonicalJSON.count)"
            )
        }
        return nil
    }

    /// What an event lets one guess of its agent; nothing of it where that is too large, since the event keeps it all the same.
    static func definition(observedIn event: Event) -> AgentDefinition {
        let observed = AgentDefinition(observedIn: event)
        if observed.canonicalJSON.count <= bytes { return observed }
        var bare = event
        bare.content = nil
        bare.metadata = nil
        return AgentDefinition(observedIn: bare)
    }
}
