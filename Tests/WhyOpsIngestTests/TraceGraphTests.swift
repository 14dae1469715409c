import Foundation
import Testing
import WhyOps

@testable import WhyOpsIngest
@testable import WhyOpsStore

/// ING-49 to ING-51, ING-54
struct TraceGraphTests {
    /// An event as the tests write it down: a type, a span, a parent.
    private struct Step {
        let type: EventType
        let span: String
        let parent: Int?
        let agent: String
    }

    private static func request(_ span: String, after parent: Int? = nil, by agent: String = "a") -> Step {
        Step(type: .toolCallRequest, span: span, parent: parent, agent: agent)
    }
    private static func response(_ span: String, after parent: Int? = nil) -> Step {
        Step(type: .toolCallResponse, span: span, parent: parent, agent: "a")
    }
    private static func reply(_ span: String = "llm", after parent: Int? = nil) -> Step {
        Step(type: .llmResponse, span: span, parent: parent, agent: "a")
    }

    /// Edges as `from kind to` by step.
    private func graph(_ steps: [Step]) -> (graph: TraceGraph, edges: [String]) {
        var requests: [String: Int] = [:]
        let events = steps.enumerated().map { index, step in
            // As the store settles parents (EVT-22).
            let default_ = step.type == .toolCallResponse ? requests[step.span] ?? index : index
            if step.type == .toolCallRequest { requests[step.span] = index + 1 }
            let parent = step.parent ?? (default_ > 0 ? default_ : nil)
            return StoredEvent(
                id: "\(index + 1)",
                event: Event(
                    eventType: step.type,
                    traceId: "t",
                    agentName: step.agent,
                    spanId: step.span,
                    stepId: index + 1,
                    parentStepId: parent,
                    timestamp: "2026-01-01T00:00:00.000Z"
                ),
                agentID: "",
                agentVersionID: "",
                facts: EventFacts(),
                createdAt: ""
            )
        }
        let graph = TraceGraph(events.map { LabelledEvent($0) })
        return (graph, graph.edges.map { "\($0.from + 1) \($0.kind.rawValue) \($0.to + 1)" })
    }

    @Test func threeSideBySideJoinInWhatFollows() {
        let (graph, edges) = graph([
            Self.reply(), Self.request("a"), Self.request("b"), Self.request("c"), Self.response("c"),
            Self.response("a"), Self.response("b"), Self.reply("next"),
        ])
        #expect(
            edges == [
                "1 next 2", "1 next 3", "1 next 4", "4 span 5", "2 span 6", "3 span 7", "5 join 8", "6 join 8",
                "7 next 8",
            ]
        )
        #expect(graph.branches.count == 1)
    }

    /// ING-92
    @Test func spansAreToldApartByBytes() {
        let (graph, edges) = graph([
            Self.reply(), Self.request("caf\u{E9}"), Self.response("cafe\u{301}", after: 1),
        ])
        #expect(graph.isOpen(1))
        #expect(edges == ["1 next 2", "1 next 3"])
    }

    @Test func overlapIsPassedOnThroughOthers() {
        // a with b, b with c, but not a with c.
        let (graph, edges) = graph([
            Self.reply(), Self.request("a"), Self.request("b"), Self.response("a"), Self.request("c", after: 1),
            Self.response("b"), Self.response("c"), Self.reply("next"),
        ])
        #expect(Set([1, 2, 4].map { graph.group(of: $0) }) == [0])
        #expect(edges.contains("4 join 8") && edges.contains("6 join 8") && edges.contains("7 next 8"))
    }

    @Test func toolOfAnotherAgentInsideOneIsItsConsequence() {
        let (graph, edges) = graph([
            Self.reply(), Self.request("outer"), Self.request("inner", by: "sub"), Self.response("inner"),
            Self.response("outer"),
        ])
        #expect(edges == ["1 next 2", "2 next 3", "3 span 4", "2 span 5"])
        #expect(graph.tools.allSatisfy { $0.group == nil })
    }

    @Test func joinIsOnlyForWhatNothingFollows() {
        let (_, edges) = graph([
            Self.reply(), Self.request("a"), Self.request("b"), Self.response("a"), Self.reply("own", after: 4),
            Self.response("b"), Self.reply("next", after: 6),
        ])
        #expect(edges.contains("4 next 5"))
        #expect(!edges.contains { $0.contains("join") })
    }

    @Test func answerToAnEditedHistoryIsABranch() {
        let (graph, _) = graph([
            Self.reply(), Self.reply("x", after: 1), Self.reply("y", after: 1), Self.reply("z", after: 3),
        ])
        #expect(graph.branchOf == [0, 0, 1, 1])
        #expect(graph.branches[1].parent == 0)
    }

    @Test func parentsThatCannotBeAreNone() {
        let (graph, edges) = graph([Self.reply(after: 1), Self.reply("b", after: 9), Self.reply("c", after: 3)])
        #expect(edges.isEmpty)
        #expect(graph.branchOf == [0, 1, 2])
    }

    @Test func requestThatNothingAnswersIsOpen() {
        let (graph, _) = graph([Self.request("a"), Self.request("a"), Self.response("a"), Self.response("z")])
        #expect((0..<4).map { graph.isOpen($0) } == [false, true, false, false])
    }

    @Test func longTracesAreCutOff() {
        let steps = Array(repeating: Self.reply(), count: TraceGraph.limit + 1)
        let (graph, edges) = graph(steps)
        #expect(graph.isTruncated)
        #expect(graph.events.count == TraceGraph.limit)
        #expect(edges.count == TraceGraph.limit - 1)
    }

    @Test func anyOrderOfToolsIsAGraphWithoutCircles() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let steps = (0..<40).map { place in
                let span = ["a", "b", "c", "d"].randomElement(using: &generator) ?? "a"
                let parent = Bool.random(using: &generator) ? Int.random(in: 1...45, using: &generator) : nil
                let agent = Bool.random(using: &generator) ? "a" : "b"
                let type: EventType = [.toolCallRequest, .toolCallResponse, .llmResponse][place % 3]
                return Step(type: type, span: span, parent: parent, agent: agent)
            }
            let (graph, _) = graph(steps)
            #expect(graph.edges.allSatisfy { $0.from < $0.to })
            #expect(Set(graph.edges).count == graph.edges.count)
            #expect(graph.branches.reduce(0) { $0 + $1.count } == 40)
        }
    }
}
