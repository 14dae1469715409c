import ArgumentParser
import WhyOps

/// A file with an agent definition.
struct DefinitionFile {
    let definition: AgentDefinition

    /// Why a file gives no definition, a line each.
    struct Refusal: Error {
        let lines: [String]
    }

    /// - Parameter path: `-` is standard input.
    /// - Throws: `Refusal`; misuse where there is no such file.
    init(_ path: String) throws {
        let name = path == "-" ? "standard input" : path
        let bytes = try TextInput.bytes(of: path)
        do {
            let root = try JSONDocument(bytes).root
            let isRegistration = root["metadata"] != nil && root["systemPrompt"] == nil
            definition =
                isRegistration ? try AgentRegistrationRequest(root).definition : try AgentDefinition(root)
        } catch let fault as JSONFault {
            let line = 1 + bytes.prefix(fault.offset).count { $0 == 0x0A }
            throw Refusal(lines: ["\(name):\(line): this is not JSON: \(fault.message)"])
        } catch let invalid as InvalidInput {
            throw Refusal(lines: invalid.faults.map { "\(name): \($0.pointer): \($0.message) (\($0.rule))" })
        }
    }
}
