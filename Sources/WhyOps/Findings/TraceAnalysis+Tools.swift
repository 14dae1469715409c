extension TraceAnalysis {
    /// FND-17 to FND-20
    mutating func checkTools() {
        let answered = answeredInSpan()
        let results = lastBelow { $0.eventType == .toolResult }
        let turns = lastBelow(ofOneAgent: true) { event in
            event.eventType == .userMessage || event.eventType == .llmResponse || event.eventType == .llmThinking
        }
        let goesOn = agentsThatWentOn(turns)
        var unnamed = -1
        for place in 0..<events.count {
            let event = events[place]
            let isRequest = event.eventType == .toolCallRequest
            guard isRequest || event.eventType == .toolCallResponse else { continue }
            if event.tool?.isEmpty ?? true {
                if unnamed < 0 {
                    unnamed = found.count
                    add(TraceFinding(.missingTool, .low, confidence: 100, at: event))
                } else {
                    add(place, to: unnamed)
                }
            }
            guard isRequest else { continue }
            let parent = parents[place]
            // A client that reports its calls to the proxy alone brings their results with the next request.
            if answered[place] || results[parent >= 0 ? parent : place] > place { continue }
            if turns[place] >= 0 || (parent >= 0 && goesOn[parent] == agents[place]) {
                add(TraceFinding(.missingToolResponse, .high, confidence: 95, at: event, detail: .tool(event.tool)))
            } else if isComplete {
                add(
                    TraceFinding(
                        .missingToolResponse,
                        .low,
                        confidence: 50,
                        at: event,
                        detail: .pending(tool: event.tool)
                    )
                )
            }
        }
        checkEnd()
    }

    /// FND-20
    private mutating func checkEnd() {
        guard isComplete, let last = events.last, last.eventType == .llmResponse, last.callCount > 0,
            last.ending == .waitsForTools
        else { return }
        add(TraceFinding(.toolCallAtEnd, .low, confidence: 50, at: last))
    }

    /// Whether a later event with the span of a request answers it; what answers nothing is found on the way.
    private mutating func answeredInSpan() -> [Bool] {
        var answered = [Bool](repeating: false, count: events.count)
        var start = 0
        var orphans: [Int] = []
        while start < bySpan.count {
            var end = start
            var last = -1
            var hasCall = false
            while end < bySpan.count, spans[bySpan[end]] == spans[bySpan[start]] {
                let place = bySpan[end]
                switch events[place].eventType {
                case .toolCallRequest, .toolCall: hasCall = true
                case .toolCallResponse:
                    if !hasCall { orphans.append(place) }
                    last = place
                case .toolResult, .error: last = place
                default: break
                }
                end += 1
            }
            for index in start..<end { answered[bySpan[index]] = bySpan[index] < last }
            start = end
        }
        orphans.sort()
        for place in orphans {
            add(
                TraceFinding(
                    .orphanToolResponse,
                    .medium,
                    confidence: 100,
                    at: events[place],
                    detail: .tool(events[place].tool)
                )
            )
        }
        return answered
    }

    /// Of each event the last one below it of some kind, else -1; `ofOneAgent` where all on the way have its agent.
    private func lastBelow(ofOneAgent: Bool = false, where isWanted: (EventSummary) -> Bool) -> [Int] {
        var last = [Int](repeating: -1, count: events.count)
        // A parent stands before its children.
        for place in (0..<events.count).reversed() {
            let parent = parents[place]
            guard parent >= 0, !ofOneAgent || agents[parent] == agents[place] else { continue }
            last[parent] = max(last[parent], max(last[place], isWanted(events[place]) ? place : -1))
        }
        return last
    }

    /// Of each event an agent that went on below one of the tool's requests that follow it, else -1.
    private func agentsThatWentOn(_ turns: [Int]) -> [Int] {
        var agent = [Int](repeating: -1, count: events.count)
        for place in 0..<events.count where events[place].eventType == .toolCallRequest && turns[place] >= 0 {
            if parents[place] >= 0 { agent[parents[place]] = agents[place] }
        }
        return agent
    }
}
