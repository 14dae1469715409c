import WhyOps
import WhyOpsStore

/// What changed from one version to another, as far as that can be said (ING-34).
struct VersionComparison {
    private(set) var changes: [DefinitionChange]?
    /// Why there are no changes to be given.
    private(set) var reason: String?

    init(from before: StoredVersion, to after: StoredVersion) {
        guard let old = AgentJSON.definition(of: before), let new = AgentJSON.definition(of: after) else {
            // What was only observed need not be a definition (AGT-9).
            reason = "agent.invalid"
            return
        }
        do throws(JSONFault) {
            changes = try DefinitionDifference(from: old, to: new).changes
        } catch {
            reason = "json.no-canonical-form"
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.name("isSame")
        if let changes { writer.boolean(changes.isEmpty) } else { writer.null() }
        writer.name("changes")
        if let changes {
            writer.array { writer in
                for change in changes { change.write(to: &writer) }
            }
        } else {
            writer.null()
        }
        writer.nullable("reason", reason)
    }
}
