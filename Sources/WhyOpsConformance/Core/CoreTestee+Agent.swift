import WhyOps

extension CoreTestee {
    static func agent(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        switch operation {
        case "agent.validate": validateAgent(input)
        case "agent.version-hash": versionHash(input)
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
        guard let text = TextValue.bytes(input["definition"]),
            let body = document(Array(#"{"agentName":"a","metadata":"#.utf8) + text + [UInt8(ascii: "}")])
        else { return malformed }
        do throws(InvalidInput) {
            let definition = try AgentRegistrationRequest(body).definition
            return output(
                .init("canonical", TextValue.spelt(definition.canonicalJSON)),
                .init("versionHash", .text(definition.versionHash))
            )
        } catch {
            return .error("agent.invalid")
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
