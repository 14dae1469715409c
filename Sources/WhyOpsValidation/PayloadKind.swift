import WhyOps

/// What a payload is checked as.
package enum PayloadKind: String, CaseIterable, Sendable {
    /// An event, or a batch of them.
    case event
    /// An agent's registration, or its definition alone.
    case agent
    /// Whatever its members say that it is.
    case auto

    /// What a value is, by its members: definitions have a prompt or tools and no type of event.
    ///
    /// - Complexity: O(members).
    static func found(in value: JSONValue) -> PayloadKind {
        guard value.kind == .object, value["eventType"] == nil else { return .event }
        if isDefinition(value) { return .agent }
        guard let metadata = value["metadata"], isDefinition(metadata) else { return .event }
        // An event's metadata may have a prompt and tools too, but an event is of a trace.
        return value["traceId"] == nil ? .agent : .event
    }

    private static func isDefinition(_ value: JSONValue) -> Bool {
        value["systemPrompt"] != nil || value["tools"] != nil
    }
}
