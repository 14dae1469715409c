import ArgumentParser
import FoundationEssentials
import WhyOps

/// A file with an agent definition.
struct DefinitionFile {
    let definition: AgentDefinition

    /// Why a file gives no definition, a line each.
    struct Refusal: Error {
        let lines: [String]
    }

    /// - Throws: `Refusal`; misuse where there is no such file.
    init(_ path: String) throws {
        let bytes: [UInt8]
        do {
            bytes = try Array(Data(contentsOf: URL(filePath: path)))
        } catch {
            throw ValidationError("\(path) cannot be read")
        }
        do {
            let root = try JSONDocument(bytes).root
            let isRegistration = root["metadata"] != nil && root["systemPrompt"] == nil
            definition =
                isRegistration ? try AgentRegistrationRequest(root).definition : try AgentDefinition(root)
        } catch let fault as JSONFault {
            throw Refusal(lines: ["\(path): \(fault.message)"])
        } catch let invalid as InvalidInput {
            throw Refusal(lines: invalid.faults.map { "\(path): \($0.pointer): \($0.message) (\($0.rule))" })
        }
    }
}
