import WhyOps
import WhyOpsStore

/// An event of a file: as a client sends it, or as the service gives it.
///
/// It is not validated: what an event lacks is what the analysis is asked for.
struct FileEvent {
    /// Why something is no event.
    struct Fault: Error {
        let reason: String
    }

    let id: String?
    let traceId: String
    let event: Event
    /// Whether a proxy says what the event follows (TRC-44).
    let isStitched: Bool

    init(_ item: JSONValue) throws(Fault) {
        guard item.kind == .object else { throw Fault(reason: "it is no object") }
        guard let type = (item["eventType"]?.string).flatMap({ EventType(name: $0) }) else {
            throw Fault(reason: "its eventType is none of the ten")
        }
        id = item["id"]?.string
        let metadata = item["metadata"]
        // What the service gives without contents would look as if it had none.
        if id != nil, metadata == nil {
            throw Fault(reason: "it has no metadata: ask for the events with eventInclude=content,metadata")
        }
        traceId = item["traceId"]?.string ?? ""
        isStitched = metadata?["stitch"]?.kind == .object
        event = Event(
            eventType: type,
            traceId: traceId,
            agentName: item["agentName"]?.string ?? "",
            spanId: item["spanId"]?.string.flatMap { $0.isEmpty ? nil : $0 },
            stepId: try Self.step(item["stepId"], "stepId"),
            parentStepId: try Self.step(item["parentStepId"], "parentStepId"),
            timestamp: item["timestamp"]?.string,
            content: item["content"].map { Array($0.slice) },
            metadata: metadata.map { Array($0.slice) }
        )
    }

    private static func step(_ value: JSONValue?, _ name: String) throws(Fault) -> Int? {
        guard let value, value.kind != .null else { return nil }
        guard let step = value.integer, (1...Int(Int32.max)).contains(step) else {
            throw Fault(reason: "its \(name) is no whole number from 1 to 2147483647")
        }
        return step
    }
}

/// The events of one trace in a file, with what is not said filled in as a store does it (FND-33).
struct FileTrace {
    private(set) var events: [EventSummary] = []
    private var lastStep = 0
    private var requests: [ExactText: Int] = [:]
    private var times: [Int: Timestamp] = [:]

    mutating func add(_ item: FileEvent) {
        var event = item.event
        let step = event.stepId ?? lastStep + 1
        if event.parentStepId == nil, !item.isStitched {
            let request = event.eventType == .toolCallResponse ? event.spanId.flatMap { requests[ExactText($0)] } : nil
            let before = event.stepId.map { $0 - 1 } ?? lastStep
            event.parentStepId = request ?? (before > 0 ? before : nil)
        }
        event.stepId = step
        // No client can name it, since it is longer than names may be.
        event.spanId =
            event.spanId ?? "no span of a client's: " + String(repeating: " ", count: 128) + "\(events.count)"
        lastStep = max(lastStep, step)
        if event.eventType == .toolCallRequest, let span = event.spanId { requests[ExactText(span)] = step }
        var summary = EventSummary(event, id: item.id)
        if event.timestamp.flatMap({ Timestamp($0) }) == nil {
            summary.timestamp = event.parentStepId.flatMap { times[$0] } ?? Timestamp(milliseconds: 0)
        }
        if times[step] == nil { times[step] = summary.timestamp }
        events.append(summary)
    }
}
