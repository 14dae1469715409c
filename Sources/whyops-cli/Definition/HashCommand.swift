import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops hash`
struct HashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        abstract: "Prints the hashes of an agent definition and of its parts.",
        discussion: """
            A file holds a definition, the object with `systemPrompt` and `tools`, or a whole registration, the object with \
            `agentName` and `metadata`. The definition hash is the same for every spelling of the same definition; the version hash changes with every byte.
            Exit status: 0 fine, 1 a definition that is refused or has no hash, 2 misuse.

            Examples:
              whyops hash agent.json
              whyops hash agent.json --json
            """
    )

    @Argument(help: "The file; - is standard input.", completion: .file())
    var file: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let definition: AgentDefinition
        do {
            definition = try DefinitionFile(file).definition
        } catch let refusal as DefinitionFile.Refusal {
            throw CommandFailure(refusal.lines.joined(separator: "\n"))
        }
        do throws(JSONFault) {
            let hash = try DefinitionHash(definition)
            Terminal.out(json ? object(hash, definition) : lines(hash, definition))
        } catch {
            throw CommandFailure("\(file): half a surrogate pair or a number beyond all doubles: no hash (AGT-24)")
        }
    }

    private func lines(_ hash: DefinitionHash, _ definition: AgentDefinition) -> String {
        var lines = [
            "definition \(hash.text)", "version \(definition.versionHash)", "prompt \(hash.systemPrompt)",
        ]
        if let description = hash.description { lines.append("description \(description)") }
        lines += hash.tools.map { "tool \($0.hash) \($0.name)" }
        return lines.joined(separator: "\n")
    }

    private func object(_ hash: DefinitionHash, _ definition: AgentDefinition) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("definitionHash", hash.text)
            writer.member("versionHash", definition.versionHash)
            writer.member("systemPrompt", hash.systemPrompt)
            writer.name("description")
            if let description = hash.description { writer.string(description) } else { writer.null() }
            writer.name("tools")
            writer.array { writer in
                for tool in hash.tools {
                    writer.object { writer in
                        writer.member("name", tool.name)
                        writer.member("hash", tool.hash)
                    }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
