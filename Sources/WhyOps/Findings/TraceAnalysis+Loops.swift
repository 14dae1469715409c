extension TraceAnalysis {
    /// Calls, or errors, from which on something is told.
    private static let least = 3

    /// FND-22: what a model asks for and what is run are looked at each on its own.
    mutating func checkLoops() {
        checkLoops { $0 == .llmResponse }
        checkLoops { $0 == .toolCallRequest || $0 == .toolCall }
    }

    private mutating func checkLoops(where isCall: (EventType) -> Bool) {
        let isOfModel = isCall(.llmResponse)
        /// The nearest call, the event itself included, on the way back to what a user said.
        var nearest = [Int](repeating: -1, count: events.count)
        var before = nearest
        var length = [Int](repeating: 1, count: events.count)
        var finding = nearest
        for place in 0..<events.count {
            let event = events[place]
            let above = parents[place] >= 0 ? nearest[parents[place]] : -1
            guard isCall(event.eventType) else {
                nearest[place] = event.eventType == .userMessage ? -1 : above
                continue
            }
            // A reply that calls nothing ends what was before it.
            nearest[place] = isOfModel && event.callCount == 0 ? -1 : place
            guard above >= 0, agents[above] == agents[place], let call = event.call, call == events[above].call else {
                continue
            }
            before[place] = above
            length[place] = length[above] + 1
            if length[place] == Self.least {
                let first = before[above]
                finding[place] = found.count
                add(
                    TraceFinding(.toolCallLoop, .high, confidence: 98, at: events[first], detail: .tool(event.tool))
                )
                add(above, to: finding[place])
                add(place, to: finding[place])
            } else if length[place] > Self.least {
                finding[place] = finding[above]
                add(place, to: finding[place])
            }
        }
    }

    /// FND-23
    mutating func checkErrors() {
        let agentCount = (agents.max() ?? -1) + 1
        var streaks = [[Int]](repeating: [], count: agentCount)
        let withdrawn = repliesThatEndedWithAnError()
        for place in 0..<events.count {
            switch events[place].eventType {
            case .error: streaks[agents[place]].append(place)
            case .llmResponse, .embeddingResponse, .toolCallResponse, .toolCall:
                guard !withdrawn[place] else { continue }
                tell(streaks[agents[place]])
                streaks[agents[place]] = []
            default: break
            }
        }
        for streak in streaks { tell(streak) }
    }

    private mutating func tell(_ streak: [Int]) {
        guard streak.count >= Self.least, let first = streak.first else { return }
        let finding = found.count
        add(TraceFinding(.errorStreak, .high, confidence: 95, at: events[first]))
        for place in streak.dropFirst() { add(place, to: finding) }
    }

    /// A reply that broke off is recorded as what came of it and as the error that it ended with.
    private func repliesThatEndedWithAnError() -> [Bool] {
        var withdrawn = [Bool](repeating: false, count: events.count)
        for place in 0..<events.count where events[place].eventType == .error && parents[place] >= 0 {
            let parent = parents[place]
            withdrawn[parent] =
                withdrawn[parent]
                || (spans[parent] == spans[place] && events[parent].timestamp == events[place].timestamp)
        }
        return withdrawn
    }
}
