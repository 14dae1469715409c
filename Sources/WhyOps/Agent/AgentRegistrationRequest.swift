/// The body of an agent's registration: a name and a definition (AGT-1).
public struct AgentRegistrationRequest: Hashable, Sendable {
    /// The agent's name, which identifies it inside its environment.
    public let agentName: String
    /// What the agent is made of.
    public let definition: AgentDefinition

    /// Combines parts that are valid already.
    public init(agentName: String, definition: AgentDefinition) {
        self.agentName = agentName
        self.definition = definition
    }

    /// Reads a registration body.
    ///
    /// - Throws: `InvalidInput` with every fault (AGT-2).
    public init(_ body: JSONValue) throws(InvalidInput) {
        guard body.kind == .object else {
            throw InvalidInput(faults: [
                InputFault(path: [], rule: "body.type", code: "invalid_type", message: "Expected an object")
            ])
        }
        var fields = FieldReader(body, path: [])
        var name: String?
        if let member = fields.required("agentName", rule: "agentName") {
            name = fields.identifier(
                member,
                "agentName",
                minimum: 1,
                maximum: 255,
                emptyMessage: "Agent name is required"
            )
        }
        let metadata = fields.required("metadata", rule: "metadata")
        var faults = fields.faults
        var definition: AgentDefinition?
        if let metadata { definition = AgentDefinition(metadata, path: [.member("metadata")], faults: &faults) }
        guard faults.isEmpty, let name, let definition else { throw InvalidInput(faults: faults) }
        self.agentName = name
        self.definition = definition
    }
}
