extension TraceFinding {
    /// What the finding means, in a sentence for a person; its words may change.
    public var message: String {
        switch code {
        case .noEvents: "The trace has no events."
        case .stepOrderDecreased: orderMessage
        case .duplicateStep: "\(count) events have the same step."
        case .missingParent: parentMessage
        case .missingToolResponse: responseMessage
        case .orphanToolResponse: "The result\(ofTool) answers no call: no tool_call_request before it has its span."
        case .incompleteReply: incompleteMessage
        case .toolCallAtEnd:
            "The trace ends where the model asks for a tool: it may still run, or the call was all that was wanted."
        case .missingTool: "\(events) of a tool \(count == 1 ? "does" : "do") not name it in metadata.tool."
        case .toolCallLoop: "The same call\(ofTool) \(count) times in a row, with the same arguments."
        case .errorStreak: "\(count) errors in a row, with no success between them."
        case .latencyOutlier: outlierMessage("ms", "took")
        case .tokenOutlier: outlierMessage("tokens", "used")
        }
    }

    private var events: String { count == 1 ? "1 event" : "\(count) events" }

    private var ofTool: String {
        switch detail {
        case .tool(let tool?), .pending(let tool?): " of \(tool)"
        default: ""
        }
    }

    private var orderMessage: String {
        guard case .earlier(let parent, let milliseconds) = detail else { return "" }
        return "The event is \(milliseconds) ms older than step \(parent), which led to it."
    }

    private var parentMessage: String {
        guard case .parent(let parent) = detail else { return "" }
        return parent < steps.first ?? 0
            ? "Step \(parent), which led to this one, is not in the trace."
            : "Step \(parent) cannot have led to this one: it is not before it."
    }

    private var responseMessage: String {
        if case .pending = detail { return "The call\(ofTool) has no result yet; nothing says that the agent went on." }
        return "The call\(ofTool) has no result, and the agent went on without it."
    }

    private var incompleteMessage: String {
        guard case .missing(let members) = detail else { return "" }
        var list = ""
        for member in members { list += list.isEmpty ? member : " and \(member)" }
        return "\(count == 1 ? "1 reply" : "\(count) replies") of a model without \(list) in metadata."
    }

    private func outlierMessage(_ unit: String, _ verb: String) -> String {
        guard case .outlier(let value, let percentile, let samples) = detail else { return "" }
        return
            "It \(verb) \(value) \(unit), where 95 of 100 of its kind need at most \(percentile) (\(samples) samples)."
    }
}
