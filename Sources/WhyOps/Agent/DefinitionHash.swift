/// What a definition is recognised by, whatever its spelling (AGT-23): versions with the same hash are one revision.
public struct DefinitionHash: Hashable, Sendable {
    /// A tool's share of the definition.
    public struct Tool: Hashable, Sendable {
        /// The tool's name.
        public let name: String
        /// The hash of the tool's canonical form.
        public let hash: String
    }

    /// `sha256:` and 64 lower-case hexadecimal digits.
    public let text: String
    /// The text that is hashed: the canonical form (RFC 8785) of the definition's normal form.
    public let canonicalJSON: [UInt8]
    /// The hash of the prompt.
    public let systemPrompt: String
    /// The hash of the agent's description; `nil` where it is absent or empty.
    public let description: String?
    /// The hashes of the tools, by name (AGT-22).
    public let tools: [Tool]

    /// Hashes a definition.
    ///
    /// - Complexity: O(n), and O(t log t) in the tools.
    /// - Throws: `json.no-canonical-form` where there is no hash (AGT-24).
    public init(_ definition: AgentDefinition) throws(JSONFault) {
        let normal = try NormalDefinition(definition)
        canonicalJSON = normal.canonicalJSON
        text = Self.hash(normal.canonicalJSON)
        systemPrompt = Self.hash(normal.systemPrompt)
        description = normal.description.map { Self.hash($0) }
        tools = normal.tools.map { Tool(name: $0.name, hash: Self.hash($0.canonicalJSON)) }
    }

    private static func hash(_ canonical: [UInt8]) -> String { "sha256:" + SHA256.hex(of: canonical) }

    /// Whether the same text is hashed.
    public static func == (left: DefinitionHash, right: DefinitionHash) -> Bool {
        left.canonicalJSON == right.canonicalJSON
    }

    /// Hashes the text that is hashed.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonicalJSON) }
}
