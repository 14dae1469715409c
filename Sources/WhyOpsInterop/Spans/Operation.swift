import WhyOps

/// What one span stands for: the events that say what was asked of a model or a tool and what came of it (IOP-5).
struct Operation {
    enum Kind {
        case inference, embeddings, tool, failure
    }

    let kind: Kind
    /// The id that its events share; `nil` of an event that has none.
    let spanID: String?
    /// Which of the operations that share it this is.
    let number: Int
    /// What its span's id follows from.
    let name: String
    private(set) var events: [ReadEvent]

    private var hasEnd: Bool { events.contains { $0.part == .end || $0.part == .whole } }
    private var hasStart: Bool { events.contains { $0.part == .start } }

    /// Whether nothing came of it, not even an error.
    private var isUnanswered: Bool { !events.contains { $0.part == .end || $0.part == .whole || $0.part == .failure } }

    /// Groups the events of a trace.
    ///
    /// - Returns: the operations in the order in which they began, and the events of which none came of.
    static func group(_ events: [ReadEvent]) -> (operations: [Operation], loose: [ReadEvent]) {
        var operations: [Operation] = []
        var newest: [String: [Kind: Int]] = [:]
        var counts: [String: Int] = [:]
        for (place, event) in events.enumerated() {
            // No id has U+0000.
            let id = event.event.spanId ?? "\0event \(place)"
            if event.part == .failure {
                // An error belongs to the newest operation with its id, whatever that does.
                if let place = newest[id]?.values.max() {
                    operations[place].events.append(event)
                    continue
                }
            } else if event.part != .whole, let place = newest[id]?[kind(of: event)],
                event.part == .middle || !operations[place].hasEnd
            {
                operations[place].events.append(event)
                continue
            }
            let number = counts[id, default: 0]
            counts[id] = number + 1
            newest[id, default: [:]][kind(of: event)] = operations.count
            let (kind, spanID) = (kind(of: event), event.event.spanId)
            operations.append(Operation(kind: kind, spanID: spanID, number: number, name: id, events: [event]))
        }
        return adopt(operations)
    }

    private static func kind(of event: ReadEvent) -> Kind {
        switch event.event.eventType {
        case .userMessage, .llmResponse, .llmThinking, .toolResult: .inference
        case .embeddingRequest, .embeddingResponse: .embeddings
        case .toolCallRequest, .toolCallResponse, .toolCall: .tool
        case .error: .failure
        }
    }

    /// Clients that give every event an id of its own still mean one call: an answer without a question takes those
    /// that its agent has open (IOP-6).
    private static func adopt(_ operations: [Operation]) -> (operations: [Operation], loose: [ReadEvent]) {
        var kept: [Operation] = []
        var waiting: [String: [Operation]] = [:]
        for var operation in operations {
            let agent = operation.events[0].event.agentName
            if operation.kind == .inference {
                if operation.isUnanswered {
                    waiting[agent, default: []].append(operation)
                    continue
                }
                if !operation.hasStart, let open = waiting.removeValue(forKey: agent) {
                    operation.events = open.flatMap(\.events) + operation.events
                }
            }
            kept.append(operation)
        }
        let loose = waiting.values.flatMap { $0 }.flatMap(\.events)
        return (kept, loose.sorted { ($0.time, $0.event.stepId ?? 0) < ($1.time, $1.event.stepId ?? 0) })
    }

    // MARK: What it says

    var starts: [ReadEvent] { events.filter { $0.part == .start } }
    var thoughts: [ReadEvent] { events.filter { $0.part == .middle } }
    var answer: ReadEvent? { events.last { $0.part == .end || $0.part == .whole } }
    var failure: ReadEvent? { events.last { $0.part == .failure } }

    /// The first step of its events.
    var firstStep: Int { events.compactMap(\.event.stepId).min() ?? Int.max }

    /// Milliseconds of its beginning and its end.
    var times: (start: Int64, end: Int64) {
        let last = failure ?? answer
        var end = events.map(\.time).max() ?? 0
        if kind == .tool, let answer { end = answer.time("respondedAt") }
        var start = end
        if let first = starts.first {
            start = kind == .tool ? first.time("requestedAt") : first.time
        } else if let last {
            start = last.time - Int64(min(last.latency ?? 0, 86_400_000))
        } else if let first = events.first {
            start = first.time
        }
        // Who reports both at once still says how long it took.
        if start >= end { end = start + Int64(min(last?.latency ?? 0, 86_400_000)) }
        return (max(0, start), max(0, end))
    }
}
