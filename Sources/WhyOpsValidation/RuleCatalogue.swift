/// What the specification says of the rules that findings name.
package enum RuleCatalogue {
    /// A sentence of the specification.
    package struct Sentence: Hashable, Sendable {
        /// Its id, such as `EVT-6`.
        package let id: String
        package let text: String
    }

    /// Every rule, sorted.
    package static var rules: [String] { sentenceIDs.keys.sorted() }

    /// What the specification says of a rule, or in the sentence with that id; none of one that is not known.
    package static func sentences(of rule: String) -> [Sentence] {
        (sentenceIDs[rule] ?? [rule]).compactMap { id in RuleSentences.texts[id].map { Sentence(id: id, text: $0) } }
    }

    /// The known rules that are most like a word, for who mistyped one.
    package static func rules(like word: String) -> [String] {
        let word = word.lowercased()
        return rules.filter { rule in
            let rule = rule.lowercased()
            return rule.contains(word) || word.contains(rule.split(separator: ".")[0])
        }
    }

    private static let sentenceIDs: [String: [String]] = {
        var ids: [String: [String]] = [
            "body.type": ["EVT-4", "EVT-28", "AGT-1"],
            "string.nul": ["EVT-15", "EVT-52", "AGT-11"],
            "tenant.mismatch": ["EVT-53"],
            "metadata.required": ["AGT-1"],
            "metadata.type": ["EVT-12", "AGT-1"],
            "content.required": ["EVT-37"],
            "content.type": ["EVT-38", "EVT-40", "EVT-41"],
            "model.maxLength": ["EVT-33", "EVT-54"],
            "metadata.provider.maxLength": ["EVT-54"],
            "usage.type": ["EVT-34"],
            "usage.nonNegativeInteger": ["EVT-35"],
            "latencyMs.nonNegative": ["EVT-36"],
            "message.role.required": ["EVT-40"],
            "finishReason.maxLength": ["EVT-41", "EVT-54"],
            "toolCalls.type": ["EVT-42", "EVT-43"],
            "toolCall.name.required": ["EVT-42", "EVT-43"],
            "toolCall.arguments.type": ["EVT-42", "EVT-43"],
            "requestedAt.format": ["EVT-44", "EVT-9"],
            "respondedAt.format": ["EVT-44", "EVT-9"],
            "toolResults.required": ["EVT-45"],
            "toolName.required": ["EVT-46"],
            "output.required": ["EVT-46"],
            "thinking.type.enum": ["EVT-47"],
            "thinking.required": ["EVT-47"],
            "embedding.input.required": ["EVT-48"],
            "embedding.input.type": ["EVT-48"],
            "embeddingCount.integer": ["EVT-49"],
            "embeddingCount.minimum": ["EVT-49"],
            "encodingFormat.enum": ["EVT-49"],
            "error.message.required": ["EVT-50"],
            "error.status.range": ["EVT-50"],
            "description.type": ["AGT-1", "AGT-5"],
            "tool.type": ["AGT-3"],
            "tool.description.type": ["AGT-3"],
            "tool.inputSchema.type": ["AGT-3", "AGT-4"],
            "tool.outputSchema.type": ["AGT-3", "AGT-4"],
            "json.unexpected-end": ["JSON-8"],
            "json.invalid-escape": ["JSON-1", "JSON-8"],
            "json.invalid-number": ["JSON-9"],
            "json.control-character": ["JSON-10"],
            "json.invalid-utf8": ["JSON-10"],
            "json.trailing-bytes": ["JSON-11"],
            "json.unexpected-byte": ["JSON-12"],
            "json.too-deep": ["JSON-3", "JSON-13"],
            "json.too-many-values": ["JSON-3", "JSON-13"],
            "json.too-long": ["JSON-3"],
        ]
        func add(_ members: [String], _ suffixes: [String], _ sentences: [String]) {
            for member in members {
                for suffix in suffixes { ids["\(member).\(suffix)"] = sentences }
            }
        }
        add(["eventType"], ["required", "type", "enum"], ["EVT-2"])
        add(["traceId", "agentName"], ["required", "type", "minLength", "maxLength"], ["EVT-6"])
        add(["spanId", "idempotencyKey", "externalUserId"], ["type", "maxLength"], ["EVT-7"])
        add(["stepId", "parentStepId"], ["type", "integer", "minimum", "maximum"], ["EVT-8"])
        add(["timestamp"], ["type", "format"], ["EVT-9"])
        add(["userId", "projectId", "environmentId", "providerId"], ["type", "format"], ["EVT-10"])
        add(["metadata.tool"], ["required"], ["EVT-12"])
        add(["metadata.model", "metadata.provider"], ["required"], ["EVT-13"])
        add(["metadata.tool", "metadata.model", "metadata.provider"], ["type", "minLength"], ["EVT-32"])
        add(["systemPrompt"], ["required", "type", "minLength"], ["AGT-1"])
        add(["tools"], ["required", "type"], ["AGT-1"])
        add(["tool.name"], ["required", "type", "minLength"], ["AGT-3"])
        return ids
    }()
}
