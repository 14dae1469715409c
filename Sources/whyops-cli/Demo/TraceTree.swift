import WhyOps

/// A trace as a tree for a terminal: each call of the agent with what came of it.
struct TraceTree {
    let thread: JSONValue

    private var events: [JSONValue] { thread["events"]?.children ?? [] }

    /// What decided about the trace of each call, in order.
    var sources: [String] {
        events.filter { isRequest($0) }.compactMap { $0["metadata"]?["stitch"]?["source"]?.string }
    }

    var lines: [String] {
        let id = thread["threadId"]?.string ?? "?"
        let agent = thread["entityName"]?.string ?? "?"
        let tokens = thread["totalTokens"]?.integer ?? 0
        let latency = thread["totalLatency"]?.integer ?? 0
        var lines = ["trace \(id)  agent \(agent)  \(events.count) events  \(tokens) tokens  \(latency) ms"]
        let requests = events.filter { isRequest($0) }
        for (number, request) in requests.enumerated() {
            let isLast = number == requests.count - 1
            lines.append((isLast ? "└─ " : "├─ ") + describe(request))
            let span = request["spanId"]?.string
            let replies = events.filter { !isRequest($0) && $0["spanId"]?.string == span }
            for (place, reply) in replies.enumerated() {
                lines.append((isLast ? "   " : "│  ") + (place == replies.count - 1 ? "└─ " : "├─ ") + describe(reply))
            }
        }
        return lines
    }

    private func isRequest(_ event: JSONValue) -> Bool {
        event["eventType"]?.isString("user_message") == true || event["eventType"]?.isString("tool_result") == true
    }

    private func describe(_ event: JSONValue) -> String {
        let step = event["stepId"]?.integer.map { "#\($0)" } ?? ""
        var parts = ["\(step) \(event["eventType"]?.string ?? "?")"]
        let metadata = event["metadata"]
        if isRequest(event) {
            parts.append("[stitched by: \(metadata?["stitch"]?["source"]?.string ?? "?")]")
            parts.append(Self.quote(Self.text(of: event["content"]?.children.last?["content"])))
            return parts.joined(separator: "  ")
        }
        let content = event["content"]
        if let text = content?["thinking"]?.string ?? content?["content"]?.string, !text.isEmpty {
            parts.append(Self.quote(text))
        }
        for call in content?["toolCalls"]?.children ?? [] {
            let function = call["function"]
            parts.append("calls \(function?["name"]?.string ?? "?")(\(function?["arguments"]?.string ?? ""))")
        }
        if let usage = metadata?["usage"] {
            let input = usage["promptTokens"]?.integer ?? 0
            let output = usage["completionTokens"]?.integer ?? 0
            parts.append("\(input) + \(output) tokens")
        }
        if let latency = metadata?["latencyMs"]?.integer { parts.append("\(latency) ms") }
        return parts.joined(separator: "  ")
    }

    /// The text of a message: a string, or what a tool result holds.
    private static func text(of content: JSONValue?) -> String {
        content?.string ?? content?.children.first?["content"]?.string ?? content?.children.first?["text"]?.string ?? ""
    }

    private static func quote(_ text: String) -> String {
        let line = text.replacing("\n", with: " ")
        return "\u{201C}" + (line.count > 60 ? line.prefix(59) + "\u{2026}" : line) + "\u{201D}"
    }
}
