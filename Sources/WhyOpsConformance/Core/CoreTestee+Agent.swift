import WhyOps

extension CoreTestee {
    static func agent(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        switch operation {
        case "agent.validate": validateAgent(input)
        case "agent.version-hash": versionHash(input)
        case "agent.definition-hash": definitionHash(input)
        case "agent.diff": difference(input)
        default: nil
        }
    }

    private static func validateAgent(_ input: JSON) -> TesteeAnswer {
        guard let body = value(input["body"]) else { return malformed }
        do throws(InvalidInput) {
            _ = try AgentRegistrationRequest(body)
            return faults([])
        } catch {
            return faults(error.faults)
        }
    }

    private static func versionHash(_ input: JSON) -> TesteeAnswer {
        guard let text = TextValue.bytes(input["definition"]) else { return malformed }
        guard let definition = definition(text) else { return .error("agent.invalid") }
        return output(
            .init("canonical", TextValue.spelt(definition.canonicalJSON)),
            .init("versionHash", .text(definition.versionHash))
        )
    }

    private static func definitionHash(_ input: JSON) -> TesteeAnswer {
        guard let text = TextValue.bytes(input["definition"]) else { return malformed }
        guard let definition = definition(text) else { return .error("agent.invalid") }
        do throws(JSONFault) {
            let hash = try DefinitionHash(definition)
            let tools = hash.tools.map { JSON.object([.init("name", .text($0.name)), .init("hash", .text($0.hash))]) }
            return output(
                .init("definitionHash", .text(hash.text)),
                .init("canonical", TextValue.spelt(hash.canonicalJSON)),
                .init("systemPrompt", .text(hash.systemPrompt)),
                .init("description", optional(hash.description)),
                .init("tools", .array(tools))
            )
        } catch {
            let names = ["definitionHash", "canonical", "systemPrompt", "description", "tools"]
            return .output(.object(names.map { .init($0, .null) }))
        }
    }

    private static func difference(_ input: JSON) -> TesteeAnswer {
        guard let before = TextValue.bytes(input["before"]), let after = TextValue.bytes(input["after"]) else {
            return malformed
        }
        guard let before = definition(before), let after = definition(after) else { return .error("agent.invalid") }
        do throws(JSONFault) {
            var writer = JSONWriter()
            let changes = try DefinitionDifference(from: before, to: after).changes
            writer.array { writer in
                for change in changes { change.write(to: &writer) }
            }
            return output(.init("changes", JSON(writer.bytes) ?? .null))
        } catch {
            return .error(error.code.text.description)
        }
    }

    private static func definition(_ text: [UInt8]) -> AgentDefinition? {
        guard let metadata = document(text) else { return nil }
        do throws(InvalidInput) {
            return try AgentDefinition(metadata)
        } catch {
            return nil
        }
    }

    /// A value of the input as the core reads it.
    static func value(_ json: JSON?) -> JSONValue? { json.flatMap { document($0.written()) } }

    /// The outermost value of a JSON text.
    static func document(_ text: [UInt8]) -> JSONValue? {
        do throws(JSONFault) {
            return try JSONDocument(text).root
        } catch {
            return nil
        }
    }

    static func faults(_ faults: [InputFault]) -> TesteeAnswer {
        output(
            .init(
                "faults",
                .array(
                    faults.map { fault in
                        .object([
                            .init("pointer", .text(fault.pointer)), .init("rule", .text(fault.rule)),
                            .init("message", .text(fault.message)),
                        ])
                    }
                )
            )
        )
    }
}
