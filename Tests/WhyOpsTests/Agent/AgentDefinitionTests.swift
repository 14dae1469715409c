import Testing
import WhyOps

@Suite struct AgentDefinitionTests {
    static let hashes = VectorFile.cases("agent/version-hash.json")
    static let bodies = VectorFile.cases("agent/validate.json")

    private func request(definition: String) throws -> AgentRegistrationRequest {
        let body = #"{"agentName":"a","metadata":\#(definition)}"#
        return try AgentRegistrationRequest(JSONDocument(Array(body.utf8)).root)
    }

    @Test func filesHoldTheirCases() {
        #expect(Self.hashes.count >= 134)
        #expect(Self.bodies.count >= 25)
    }

    @Test(arguments: hashes) func versionHashIsTheOriginals(_ vector: VectorCase) throws {
        let definition = try request(definition: #require(vector.input["definition"]?.string)).definition
        #expect(String(decoding: definition.canonicalJSON, as: UTF8.self) == vector.output["canonical"]?.string)
        #expect(definition.versionHash == vector.output["versionHash"]?.string)
    }

    @Test(arguments: bodies) func bodyIsJudged(_ vector: VectorCase) throws {
        let expected = VectorFile.faults(vector.output)
        var found: [String] = []
        let body = try #require(vector.input["body"])
        do {
            _ = try AgentRegistrationRequest(body)
        } catch {
            found = error.faults.map { "\($0.pointer) \($0.rule)" }
        }
        #expect(found == expected)
    }

    @Test func emptyToolMembersAreAbsent() throws {
        let bare = try request(definition: #"{"systemPrompt":"s","tools":[{"name":"t"}]}"#)
        let empty = try request(
            definition:
                #"{"systemPrompt":"s","tools":[{"name":"t","inputSchema":"","outputSchema":"","description":""}]}"#
        )
        #expect(bare.definition == empty.definition)
        #expect(bare.definition.versionHash.utf8.count == 32)
    }

    @Test func schemaObjectCountsAsItsCompactText() throws {
        let object = try request(
            definition: #"{"systemPrompt":"s","tools":[{"name":"t","inputSchema":{ "b": 1.0, "a": ["\u00e9"] }}]}"#
        )
        let text = try request(
            definition: #"{"systemPrompt":"s","tools":[{"name":"t","inputSchema":"{\"b\":1.0,\"a\":[\"é\"]}"}]}"#
        )
        #expect(object.definition == text.definition)
    }

    @Test func allFaultsOfABodyAreReported() throws {
        let document = try JSONDocument(Array(#"{"metadata":{"systemPrompt":1,"tools":[{},{"name":2}]}}"#.utf8))
        let error = try #require(throws: InvalidInput.self) { _ = try AgentRegistrationRequest(document.root) }
        #expect(
            error.faults.map { "\($0.pointer) \($0.rule)" } == [
                "/agentName agentName.required", "/metadata/systemPrompt systemPrompt.type",
                "/metadata/tools/0/name tool.name.required", "/metadata/tools/1/name tool.name.type",
            ]
        )
    }
}
