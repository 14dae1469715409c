/// One thing in a trace that deserves a look.
public struct TraceFinding: Hashable, Sendable {
    /// What was found, in figures.
    public enum Detail: Hashable, Sendable {
        /// Nothing beside the steps.
        case none
        /// The step that the event gives as its parent.
        case parent(step: Int)
        /// How much older than its parent the event is.
        case earlier(parent: Int, milliseconds: Int)
        /// The call may still be under way.
        case pending(tool: String?)
        /// The tool that was called.
        case tool(String?)
        /// Members that are not there.
        case missing([String])
        /// A value beside the 95th percentile of its kind.
        case outlier(value: Int, percentile: Int, samples: Int)
    }

    /// Steps that a finding lists; `count` counts all (FND-8).
    public static let stepLimit = 100

    /// What it is about.
    public let code: FindingCode
    /// How bad it is.
    public let severity: FindingSeverity
    /// How sure it is, in hundredths.
    public let confidence: Int
    /// The event that it begins with; `nil` where that has no id.
    public let eventId: String?
    /// The steps of the events that it is about, the first ones; none where there are no events.
    public internal(set) var steps: [Int]
    /// How many events it is about.
    public internal(set) var count: Int
    /// What was found.
    public let detail: Detail

    init(
        _ code: FindingCode,
        _ severity: FindingSeverity,
        confidence: Int,
        at event: EventSummary? = nil,
        detail: Detail = .none
    ) {
        self.code = code
        self.severity = severity
        self.confidence = confidence
        self.eventId = event?.id
        self.steps = event.map { [$0.stepId] } ?? []
        self.count = steps.count
        self.detail = detail
    }

    /// Takes another event in.
    mutating func add(_ event: EventSummary) {
        count += 1
        if steps.count < Self.stepLimit { steps.append(event.stepId) }
    }

    /// Writes the finding as an object.
    ///
    /// - Parameter withMessage: whether it says in words what it means.
    public func write(to writer: inout JSONWriter, withMessage: Bool = true) {
        writer.object { writer in
            writer.member("code", code.rawValue)
            writer.member("dimension", code.dimension.rawValue)
            writer.member("severity", severity.rawValue)
            writer.member("confidence", raw: Array(confidenceText.utf8))
            if withMessage { writer.member("message", message) }
            writer.member("stepId", steps.first)
            writer.member("eventId", eventId)
            writer.name("evidence")
            writer.object { writer in
                // The original's place for the code.
                writer.member("issue", code.rawValue)
                if !steps.isEmpty {
                    writer.name("steps")
                    writer.array { writer in
                        for step in steps { writer.integer(step) }
                    }
                    writer.member("count", count)
                }
                writeDetail(to: &writer)
            }
        }
    }

    /// `1`, or two decimals without a zero at the end.
    private var confidenceText: String {
        if confidence >= 100 { return "1" }
        if confidence % 10 == 0 { return "0.\(confidence / 10)" }
        return confidence < 10 ? "0.0\(confidence)" : "0.\(confidence)"
    }

    private func writeDetail(to writer: inout JSONWriter) {
        switch detail {
        case .none: break
        case .parent(let step): writer.member("parentStepId", step)
        case .earlier(let parent, let milliseconds):
            writer.member("parentStepId", parent)
            writer.member("earlierByMs", milliseconds)
        case .pending(let tool):
            writer.member("tool", tool)
            writer.member("pending", true)
        case .tool(let tool): writer.member("tool", tool)
        case .missing(let members):
            writer.name("missing")
            writer.array { writer in
                for member in members { writer.string(member) }
            }
        case .outlier(let value, let percentile, let samples):
            writer.member("value", value)
            writer.member("p95", percentile)
            writer.member("samples", samples)
        }
    }
}
