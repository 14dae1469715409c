import WhyOps
import WhyOpsCommand

/// An event of a trace for a person, from its canonical view.
struct EventLine {
    private let event: JSONValue
    private let isFull: Bool

    init(_ event: JSONValue, isFull: Bool) {
        self.event = event
        self.isFull = isFull
    }

    var lines: [String] {
        let type = event["eventType"]?.string ?? "?"
        let follows = event["parentStepId"]?.integer.map { "<#\($0)" } ?? ""
        let head = [
            "#\(event["stepId"]?.integer ?? 0)".padded(5), follows.padded(6),
            "+\(event["timeSinceStart"]?.integer ?? 0)".padded(9), type.padded(18),
        ].joined(separator: " ")
        let tone: TextTable.Tone = type == "error" ? .bad : .plain
        let texts = facts + said
        if isFull {
            let shown = texts.map { text in
                text.split(separator: "\n", omittingEmptySubsequences: false).map { "      " + plain(String($0)) }
            }
            return [TextTable.coloured(head, tone)] + shown.flatMap(\.self)
        }
        let line = head + " " + texts.map { plain($0.replacing("\n", with: " ")) }.joined(separator: "  ")
        return [TextTable.coloured(line.cut(to: Terminal.width ?? 200), tone)]
    }

    /// What is known of the call.
    private var facts: [String] {
        let metadata = event["metadata"]
        var facts: [String] = []
        if let source = metadata?["stitch"]?["source"]?.string { facts.append("[\(source)]") }
        if let tool = metadata?["tool"]?.string { facts.append(tool) }
        if let model = event["model"]?.string { facts.append(model) }
        if let input = event["promptTokens"]?.integer {
            facts.append("\(input)+\(event["completionTokens"]?.integer ?? 0) tokens")
        }
        if let latency = event["latencyMs"]?.integer { facts.append("\(latency) ms") }
        if let reason = event["finishReason"]?.string { facts.append("(\(reason))") }
        return facts
    }

    /// What the event says.
    private var said: [String] {
        guard let view = event["view"] else { return [] }
        var said = [view["text"]?.string, view["refusal"]?.string, view["message"]?.string].compactMap(\.self)
        for call in view["toolCalls"]?.children ?? [] {
            said.append("\(call["name"]?.string ?? "?")(\(call["arguments"]?.string ?? ""))")
        }
        for result in view["results"]?.children ?? [] {
            said.append("= \(result["output"]?.string ?? "")")
        }
        if let count = view["count"]?.integer { said.append(count == 1 ? "1 text" : "\(count) texts") }
        return said.filter { !$0.isEmpty }
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }
}
