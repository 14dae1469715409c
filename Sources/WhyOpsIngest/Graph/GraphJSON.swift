import WhyOps
import WhyOpsStore

/// A graph as its route shows it.
struct GraphJSON {
    let graph: TraceGraph

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.name("nodes")
            writer.array { writer in writeNodes(to: &writer) }
            writer.name("edges")
            writer.array { writer in
                for edge in graph.edges {
                    writer.object { writer in
                        writer.member("from", graph.events[edge.from].stored.id)
                        writer.member("to", graph.events[edge.to].stored.id)
                        writer.member("kind", edge.kind.rawValue)
                    }
                }
            }
            writer.name("spans")
            writer.array { writer in writeSpans(to: &writer) }
            writer.name("branches")
            writer.array { writer in
                for branch in graph.branches {
                    writer.object { writer in
                        writer.member("parentEventId", branch.parent.map { graph.events[$0].stored.id })
                        writer.member("firstEventId", graph.events[branch.first].stored.id)
                        writer.member("eventCount", branch.count)
                    }
                }
            }
            writer.name("links")
            writer.array { writer in
                var seen: Set<ExactText> = []
                for event in graph.events {
                    for link in event.links where seen.insert(ExactText(link)).inserted {
                        writer.object { writer in
                            writer.member("from", event.stored.id)
                            writer.member("threadId", link)
                        }
                    }
                }
            }
            writer.member("isTruncated", graph.isTruncated)
        }
    }

    private func writeNodes(to writer: inout JSONWriter) {
        let byTime = graph.events.indices.sorted {
            (graph.events[$0].timestamp, $0) < (graph.events[$1].timestamp, $1)
        }
        var durations: [Int?] = Array(repeating: nil, count: graph.events.count)
        var late = Array(repeating: false, count: graph.events.count)
        var greatest = 0
        for (order, place) in byTime.enumerated() {
            if order + 1 < byTime.count {
                durations[place] = graph.events[byTime[order + 1]].milliseconds - graph.events[place].milliseconds
            }
            late[place] = graph.events[place].stepID < greatest
            greatest = max(greatest, graph.events[place].stepID)
        }
        let start = byTime.first.map { graph.events[$0].milliseconds } ?? 0
        for (place, event) in graph.events.enumerated() {
            let facts = event.stored.facts
            writer.object { writer in
                writer.member("id", event.stored.id)
                writer.member("stepId", event.stepID)
                writer.member("parentStepId", event.parentStepID)
                writer.member("spanId", event.spanID)
                writer.member("type", event.type.rawValue)
                writer.member("model", facts.model)
                writer.member("provider", event.provider)
                writer.member("tool", event.tool)
                writer.member("timestamp", event.timestamp)
                writer.member("latencyMs", facts.latencyMs)
                writer.member("totalTokens", facts.totalTokens)
                writer.member("hasError", event.type == .error)
                writer.member("duration", durations[place])
                writer.member("timeSinceStart", event.milliseconds - start)
                writer.member("agentName", event.agentName)
                writer.member("agentVersionId", event.stored.agentVersionID)
                writer.member("stitchSource", event.stitchSource)
                writer.member("branch", graph.branchOf[place])
                writer.member("isLateEvent", late[place])
            }
        }
    }

    /// ING-52
    private func writeSpans(to writer: inout JSONWriter) {
        var order: [ExactText] = []
        var members: [ExactText: [Int]] = [:]
        for (place, event) in graph.events.enumerated() {
            let span = ExactText(event.spanID)
            if members[span] == nil { order.append(span) }
            members[span, default: []].append(place)
        }
        for span in order {
            guard let places = members[span], let first = places.first, let last = places.last else { continue }
            let events = places.map { graph.events[$0] }
            let start = events.min { $0.timestamp < $1.timestamp } ?? events[0]
            let end = events.max { $0.timestamp < $1.timestamp } ?? events[0]
            let parent = graph.parents[first].map { ExactText(graph.events[$0].spanID) }
            writer.object { writer in
                writer.member("spanId", span.text)
                if parent != span { writer.member("parentSpanId", parent?.text) }
                writer.member("kind", Self.kind(events))
                writer.member("name", events.lazy.compactMap { $0.tool ?? $0.stored.facts.model }.first)
                writer.member("group", places.lazy.compactMap { graph.group(of: $0) }.first)
                writer.member("branch", graph.branchOf[first])
                writer.member("firstStepId", graph.events[first].stepID)
                writer.member("lastStepId", graph.events[last].stepID)
                writer.member("startedAt", start.timestamp)
                writer.member("endedAt", end.timestamp)
                writer.member("durationMs", end.milliseconds - start.milliseconds)
                writer.name("eventIds")
                writer.array { writer in
                    for event in events { writer.string(event.stored.id) }
                }
                writer.member("hasError", events.contains { $0.type == .error })
                writer.member("isOpen", places.contains { graph.isOpen($0) })
                writer.member("agentName", events[0].agentName)
            }
        }
    }

    private static func kind(_ events: [GraphEvent]) -> String {
        for event in events {
            switch event.type {
            case .toolCallRequest, .toolCallResponse, .toolCall, .toolResult: return "tool"
            case .embeddingRequest, .embeddingResponse: return "embedding"
            case .llmResponse, .llmThinking: return "llm"
            case .userMessage, .error: continue
            }
        }
        return "other"
    }
}
