import ArgumentParser
import WhyOps
import WhyOpsCommand

/// `whyops diff`
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Says in sentences what changed from one agent definition to another.",
        discussion: """
            For CI: a change makes a new version of the agent. A file holds a definition or a whole registration.
            Exit status: 0 no change, 1 changes, 2 misuse or a definition that is refused.

            Examples:
              whyops diff before.json after.json
              whyops diff before.json after.json --json
            """
    )

    @Argument(help: "The file with the definition before; - is standard input.", completion: .file())
    var old: String

    @Argument(help: "The file with the definition after.", completion: .file())
    var new: String

    @Flag(help: "Print one JSON object with the list of changes.")
    var json = false

    func run() throws {
        let changes: [DefinitionChange]
        do {
            let (before, after) = (try DefinitionFile(old).definition, try DefinitionFile(new).definition)
            changes = try DefinitionDifference(from: before, to: after).changes
        } catch let refusal as DefinitionFile.Refusal {
            throw ValidationError(refusal.lines.joined(separator: "\n"))
        } catch is JSONFault {
            throw ValidationError("half a surrogate pair or a number beyond all doubles: cannot be compared (AGT-37)")
        }
        if json {
            Terminal.out(object(changes))
        } else {
            for change in changes { Terminal.out(change.sentence) }
        }
        if !changes.isEmpty { throw ExitCode(1) }
    }

    private func object(_ changes: [DefinitionChange]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("changes")
            writer.array { writer in
                for change in changes { change.write(to: &writer) }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
