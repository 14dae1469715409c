/// What changed from one definition to another, in words that say what it means for the agent.
public struct DefinitionDifference: Hashable, Sendable {
    /// The changes, in the order of AGT-30; none where both have the same normal form.
    public private(set) var changes: [DefinitionChange] = []

    /// Compares two definitions.
    ///
    /// - Complexity: O(n log n).
    /// - Throws: `json.no-canonical-form` where one of them has none (AGT-37).
    public init(from before: AgentDefinition, to after: AgentDefinition) throws(JSONFault) {
        let (before, after) = (try NormalDefinition(before), try NormalDefinition(after))
        if before.systemPrompt != after.systemPrompt {
            changes.append(
                DefinitionChange(
                    "prompt.changed",
                    before: before.systemPrompt,
                    after: after.systemPrompt,
                    sentence: "system prompt changed"
                )
            )
        }
        if before.description != after.description {
            changes.append(
                DefinitionChange(
                    "description.changed",
                    before: before.description,
                    after: after.description,
                    sentence: "description changed"
                )
            )
        }
        try compare(before.tools, after.tools)
    }

    /// Both lists are sorted by name; of tools of one name the first goes with the first (AGT-31).
    private mutating func compare(
        _ before: [NormalDefinition.Tool],
        _ after: [NormalDefinition.Tool]
    ) throws(JSONFault) {
        var (old, new) = (0, 0)
        while old < before.count || new < after.count {
            let order: Int
            if old == before.count {
                order = 1
            } else if new == after.count {
                order = -1
            } else {
                order = UTF16Order.compare(before[old].name, after[new].name)
            }
            if order < 0 {
                let tool = before[old]
                changes.append(
                    DefinitionChange(
                        "tool.removed",
                        tool: tool.name,
                        before: tool.canonicalJSON,
                        sentence: "tool `\(tool.name)` removed"
                    )
                )
            } else if order > 0 {
                let tool = after[new]
                changes.append(
                    DefinitionChange(
                        "tool.added",
                        tool: tool.name,
                        after: tool.canonicalJSON,
                        sentence: "tool `\(tool.name)` added"
                    )
                )
            } else {
                try compare(before[old], after[new])
            }
            if order <= 0 { old += 1 }
            if order >= 0 { new += 1 }
        }
    }

    private mutating func compare(
        _ before: NormalDefinition.Tool,
        _ after: NormalDefinition.Tool
    ) throws(JSONFault) {
        if before.canonicalJSON == after.canonicalJSON { return }
        let (old, new) = (try CanonicalNode(before.canonicalJSON), try CanonicalNode(after.canonicalJSON))
        let descriptions = (old.member("description"), new.member("description"))
        if descriptions.0 != descriptions.1 {
            changes.append(
                DefinitionChange(
                    "tool.description-changed",
                    tool: before.name,
                    before: descriptions.0?.text,
                    after: descriptions.1?.text,
                    sentence: "tool `\(before.name)`: description changed"
                )
            )
        }
        for (member, isInput): (StaticString, Bool) in [("inputSchema", true), ("outputSchema", false)] {
            var comparison = SchemaComparison(tool: before.name, isInput: isInput)
            comparison.compare(old.member(member), new.member(member))
            changes += comparison.changes
        }
    }
}
