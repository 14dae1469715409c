/// The events of a trace in their order, what they follow, and what has been found in them.
struct TraceAnalysis {
    /// By step, those of one step in the order in which they came (FND-1). A place is an index in this list.
    let events: [EventSummary]
    let isComplete: Bool
    /// Names as numbers: the same number, the same bytes.
    let spans: [Int]
    let agents: [Int]
    /// The places of each span, in order, one span after the other.
    let bySpan: [Int]
    /// The parent that an event names, -1 where there is none (FND-11).
    private(set) var named: [Int] = []
    /// The parent that counts (FND-12), -1 where there is none.
    private(set) var parents: [Int] = []
    /// Of a tool's request the first later response with its span, else -1.
    private(set) var responses: [Int] = []
    private(set) var found: [TraceFinding] = []

    init(_ given: [EventSummary], isComplete: Bool) {
        let order = (0..<given.count).sorted { left, right in
            let (one, other) = (given[left].stepId, given[right].stepId)
            return one == other ? left < right : one < other
        }
        let kept = order.prefix(TraceFindings.eventLimit)
        let events = kept.map { given[$0] }
        self.events = events
        self.isComplete = isComplete && kept.count == order.count
        (bySpan, spans) = Self.numbers(events.map { Array($0.spanId.utf8) })
        (_, agents) = Self.numbers(events.map { Array($0.agentName.utf8) })
        findResponses()
        findParents()
    }

    mutating func add(_ finding: TraceFinding) { found.append(finding) }

    /// Takes an event into a finding that is there.
    mutating func add(_ place: Int, to finding: Int) { found[finding].add(events[place]) }

    /// FND-7
    var sortedFindings: [TraceFinding] {
        (0..<found.count).sorted { left, right in
            let (one, other) = (found[left], found[right])
            if one.severity != other.severity { return other.severity < one.severity }
            let (step, otherStep) = (one.steps.first ?? 0, other.steps.first ?? 0)
            if step != otherStep { return step < otherStep }
            if one.code.order != other.code.order { return one.code.order < other.code.order }
            return left < right
        }.map { found[$0] }
    }

    /// The places of the names, grouped by name, and for each name its number.
    private static func numbers(_ names: [[UInt8]]) -> (order: [Int], numbers: [Int]) {
        let order = (0..<names.count).sorted { left, right in
            let way = compare(names[left], names[right])
            return way == 0 ? left < right : way < 0
        }
        var numbers = [Int](repeating: 0, count: names.count)
        var number = 0
        for index in 0..<order.count {
            if index > 0, compare(names[order[index - 1]], names[order[index]]) != 0 { number += 1 }
            numbers[order[index]] = number
        }
        return (order, numbers)
    }

    private static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return left[index] < right[index] ? -1 : 1
        }
        return left.count - right.count
    }

    private mutating func findResponses() {
        responses = [Int](repeating: -1, count: events.count)
        var next = -1
        // From the end of each span, so that the next response is known.
        for index in (0..<bySpan.count).reversed() {
            let place = bySpan[index]
            if index + 1 == bySpan.count || spans[bySpan[index + 1]] != spans[place] { next = -1 }
            switch events[place].eventType {
            case .toolCallRequest: responses[place] = next
            case .toolCallResponse: next = place
            default: break
            }
        }
    }

    private mutating func findParents() {
        for place in 0..<events.count {
            let parent = namedParent(of: place)
            named.append(parent)
            parents.append(parent >= 0 && isBeside(place, parent) ? parents[parent] : parent)
        }
    }

    private func namedParent(of place: Int) -> Int {
        guard let step = events[place].parentStepId, step < events[place].stepId else { return -1 }
        // The first event with that step.
        var (low, high) = (0, place)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].stepId < step { low = middle + 1 } else { high = middle }
        }
        return low < place && events[low].stepId == step ? low : -1
    }

    /// FND-12: a request that only comes after another one, not yet answered, is not its consequence.
    private func isBeside(_ place: Int, _ other: Int) -> Bool {
        events[place].eventType == .toolCallRequest && events[other].eventType == .toolCallRequest
            && spans[place] != spans[other] && agents[place] == agents[other]
            && (responses[other] < 0 || responses[other] > place)
    }
}
