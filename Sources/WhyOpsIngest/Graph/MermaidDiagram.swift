import WhyOps
import WhyOpsStore

/// A trace as a Mermaid sequence diagram (ING-55).
struct MermaidDiagram {
    let graph: TraceGraph
    /// The texts of events, by place, where they have one.
    let texts: [Int: String]

    private static let labelLength = 50

    /// As much of a text as a label tells from a longer one.
    static func beginning(of text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(labelLength + 1)))
    }

    var text: String {
        var lines = ["sequenceDiagram", "    participant U as User"]
        // Participants by bytes: a name may be any text, so it stands only in labels.
        var agents: [ExactText: String] = [:]
        var tools: [ExactText: String] = [:]
        var body: [String] = []
        for (place, event) in graph.events.enumerated() {
            let name = ExactText(event.agentName)
            if agents[name] == nil {
                agents[name] = "A\(agents.count)"
                lines.append("    participant A\(agents.count - 1) as \(Self.label(event.agentName))")
            }
            let agent = agents[name] ?? "A0"
            var tool = ""
            if let name = event.tool.map({ ExactText($0) }) {
                if tools[name] == nil {
                    tools[name] = "T\(tools.count)"
                    lines.append("    participant T\(tools.count - 1) as \(Self.label(name.text))")
                }
                tool = tools[name] ?? ""
            }
            let words = texts[place].map { Self.label($0) } ?? event.type.rawValue
            switch event.type {
            case .userMessage: body.append("    U->>\(agent): \(words)")
            case .llmResponse: body.append("    \(agent)-->>U: \(words)")
            case .llmThinking: body.append("    Note over \(agent): \(words)")
            case .embeddingRequest, .embeddingResponse: body.append("    Note over \(agent): \(words)")
            case .toolCallRequest, .toolCall:
                body.append(tool.isEmpty ? "    Note over \(agent): \(words)" : "    \(agent)->>\(tool): \(words)")
            case .toolCallResponse, .toolResult:
                body.append(tool.isEmpty ? "    Note over \(agent): \(words)" : "    \(tool)-->>\(agent): \(words)")
            case .error: body.append("    Note over \(agent): error, \(words)")
            }
        }
        return (lines + body).joined(separator: "\n") + "\n"
    }

    /// A text in which no character ends a statement or begins markup: all but letters, digits and some marks are written as
    /// Mermaid's own numbers.
    private static func label(_ text: String) -> String {
        var label = ""
        var count = 0
        for scalar in text.unicodeScalars {
            if count == labelLength {
                label += "..."
                break
            }
            count += 1
            let isBlank = scalar.properties.isWhitespace || scalar.value < 0x20
            let isPlain =
                (scalar.isASCII && scalar.properties.isAlphabetic) || ("0"..."9").contains(scalar)
                || " .,!?'()/_".unicodeScalars.contains(scalar) || scalar.value > 0xA0
            if isBlank {
                label += " "
            } else if isPlain {
                label.unicodeScalars.append(scalar)
            } else {
                label += "#\(scalar.value);"
            }
        }
        return label.allSatisfy { $0 == " " } ? "-" : label
    }
}
