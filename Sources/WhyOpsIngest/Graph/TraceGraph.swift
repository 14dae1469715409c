import WhyOps
import WhyOpsStore

/// What follows what in a trace (ING-48 to ING-54): not only step by step, but with the tools that ran side by side.
struct TraceGraph {
    /// One way from an event to another.
    struct Edge: Hashable {
        enum Kind: String {
            /// The parent.
            case next
            /// From a tool's request to its response.
            case span
            /// From a tool that ran beside another one to what came after both.
            case join
        }

        /// Places in `events`.
        let from: Int
        let to: Int
        let kind: Kind
    }

    struct Branch {
        /// The event that it leaves; `nil` for one of its own.
        let parent: Int?
        let first: Int
        fileprivate(set) var count = 0
    }

    /// A request of a tool and what it gave, as places in `events`.
    struct ToolSpan {
        let request: Int
        fileprivate(set) var response: Int?
        /// Tool spans with the same group ran side by side.
        fileprivate(set) var group: Int?
    }

    /// Events in one graph (ING-54).
    static let limit = 5000

    /// By step.
    let events: [GraphEvent]
    let isTruncated: Bool
    private(set) var parents: [Int?] = []
    private(set) var edges: [Edge] = []
    private(set) var branches: [Branch] = []
    /// The branch of each event.
    private(set) var branchOf: [Int] = []
    private(set) var tools: [ToolSpan] = []
    /// The tool span that each event is the request or the response of.
    private var toolOf: [Int?]

    /// - Parameters:
    ///   - stored: up to one event more than the limit, by step.
    ///   - isCut: whether there are more events even so.
    /// - Complexity: O(n log n) in the events.
    init(_ stored: [LabelledEvent], isCut: Bool = false) {
        events = stored.prefix(Self.limit).map { GraphEvent($0) }
        isTruncated = isCut || stored.count > Self.limit
        toolOf = Array(repeating: nil, count: events.count)
        findTools()
        findParents()
        findGroups()
        findEdges()
        findBranches()
    }

    /// A request's response is the first later one with its span.
    private mutating func findTools() {
        var open: [ExactText: [Int]] = [:]
        for (place, event) in events.enumerated() {
            switch event.type {
            case .toolCallRequest:
                open[ExactText(event.spanID), default: []].append(tools.count)
                toolOf[place] = tools.count
                tools.append(ToolSpan(request: place))
            case .toolCallResponse:
                let span = ExactText(event.spanID)
                guard let tool = open[span]?.first else { continue }
                open[span]?.removeFirst()
                tools[tool].response = place
                toolOf[place] = tool
            default: break
            }
        }
    }

    /// ING-49: a request that only comes after another one, not yet answered, is not its consequence.
    private mutating func findParents() {
        let places = Dictionary(events.enumerated().map { ($1.stepID, $0) }) { first, _ in first }
        for (place, event) in events.enumerated() {
            // A parent has a smaller step, so that nothing follows itself, whatever a client says.
            let step = event.parentStepID.flatMap { $0 < event.stepID ? places[$0] : nil }
            guard let step else {
                parents.append(nil)
                continue
            }
            if event.type == .toolCallRequest, isBeside(place, step) {
                parents.append(parents[step])
            } else {
                parents.append(step)
            }
        }
    }

    private func isBeside(_ request: Int, _ other: Int) -> Bool {
        let (event, before) = (events[request], events[other])
        guard before.type == .toolCallRequest, ExactText(before.spanID) != ExactText(event.spanID),
            ExactText(before.agentName) == ExactText(event.agentName), let tool = toolOf[other]
        else { return false }
        guard let response = tools[tool].response else { return true }
        return response > request
    }

    /// ING-50: tools of one parent that overlap, directly or by others.
    private mutating func findGroups() {
        let byParent = Dictionary(grouping: tools.indices) { parents[tools[$0].request] ?? -1 }
        var number = 0
        for parent in byParent.keys.sorted() where parent >= 0 {
            var current: [Int] = []
            var end = -1
            for tool in byParent[parent] ?? [] {
                if tools[tool].request > end {
                    number += settle(current, as: number)
                    current = []
                }
                current.append(tool)
                end = max(end, tools[tool].response ?? events.count)
            }
            number += settle(current, as: number)
        }
    }

    /// One where there are several, so that they are a group.
    private mutating func settle(_ members: [Int], as number: Int) -> Int {
        guard members.count > 1 else { return 0 }
        for tool in members { tools[tool].group = number }
        return 1
    }

    private mutating func findEdges() {
        var hasChild = Array(repeating: false, count: events.count)
        for (place, parent) in parents.enumerated() {
            guard let parent else { continue }
            hasChild[parent] = true
            let isAnswer = toolOf[place].map { tools[$0].response == place && tools[$0].request == parent } ?? false
            edges.append(Edge(from: parent, to: place, kind: isAnswer ? .span : .next))
        }
        // A response whose parent is another event belongs to its request all the same.
        for tool in tools {
            guard let response = tool.response, parents[response] != tool.request else { continue }
            edges.append(Edge(from: tool.request, to: response, kind: .span))
        }
        let members = Dictionary(grouping: tools.indices.filter { tools[$0].group != nil }) { tools[$0].group ?? 0 }
        for (place, parent) in parents.enumerated() {
            guard let parent, let tool = toolOf[parent], tools[tool].response == parent, let group = tools[tool].group
            else { continue }
            for other in members[group] ?? [] {
                guard let response = tools[other].response, response != parent, response < place, !hasChild[response]
                else { continue }
                edges.append(Edge(from: response, to: place, kind: .join))
                // The first that follows takes all of them up.
                hasChild[response] = true
            }
        }
        edges.sort { ($0.to, $0.from) < ($1.to, $1.from) }
    }

    /// ING-51
    private mutating func findBranches() {
        var firstChild: [Int: Int] = [:]
        for (place, parent) in parents.enumerated() {
            let number: Int
            if let parent {
                let first = firstChild[parent] ?? place
                firstChild[parent] = first
                number = first == place || isSameGroup(first, place) ? branchOf[parent] : branches.count
            } else {
                number = branches.count
            }
            if number == branches.count { branches.append(Branch(parent: parent, first: place)) }
            branches[number].count += 1
            branchOf.append(number)
        }
    }

    private func isSameGroup(_ left: Int, _ right: Int) -> Bool {
        guard let left = toolOf[left], let right = toolOf[right], let group = tools[left].group else { return false }
        return tools[right].group == group
    }

    /// The number of the group of an event's tool.
    func group(of place: Int) -> Int? { toolOf[place].flatMap { tools[$0].group } }

    /// Whether an event is a tool's request that nothing answers.
    func isOpen(_ place: Int) -> Bool { toolOf[place].map { tools[$0].response == nil } ?? false }
}

/// What a graph needs of an event.
struct GraphEvent {
    let stored: StoredEvent
    let type: EventType
    let stepID: Int
    let parentStepID: Int?
    let spanID: String
    let agentName: String
    let timestamp: String
    let tool: String?
    let provider: String?
    let stitchSource: String?
    /// Traces that the history pointed at.
    let links: [String]

    init(_ labelled: LabelledEvent) {
        stored = labelled.stored
        let event = stored.event
        type = event.eventType
        stepID = event.stepId ?? 0
        parentStepID = event.parentStepId
        spanID = event.spanId ?? ""
        agentName = event.agentName
        timestamp = event.timestamp ?? ""
        tool = labelled.tool
        provider = labelled.provider
        stitchSource = labelled.stitchSource
        links = labelled.links
    }

    var milliseconds: Int { Int(Timestamp(timestamp)?.milliseconds ?? 0) }
}
