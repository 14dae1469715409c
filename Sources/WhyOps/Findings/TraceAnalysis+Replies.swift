extension TraceAnalysis {
    /// FND-21: one finding for each list of members that are missing.
    mutating func checkReplies() {
        // Whether the first and the second of two members are missing, as a number from 1 to 3.
        var names = [Int](repeating: -1, count: 4)
        var figures = names
        for place in 0..<events.count where events[place].eventType == .llmResponse {
            let event = events[place]
            let missing = [event.model?.isEmpty ?? true, event.provider?.isEmpty ?? true]
            note(place, missing, ["model", "provider"], .high, &names)
            // What was cut off has no figures at its end.
            if event.ending != .brokenOff {
                note(
                    place,
                    [event.totalTokens == nil, event.latencyMs == nil],
                    ["usage", "latencyMs"],
                    .low,
                    &figures
                )
            }
        }
    }

    private mutating func note(
        _ place: Int,
        _ missing: [Bool],
        _ members: [String],
        _ severity: FindingSeverity,
        _ findings: inout [Int]
    ) {
        let set = (missing[0] ? 1 : 0) + (missing[1] ? 2 : 0)
        guard set > 0 else { return }
        if findings[set] >= 0 {
            add(place, to: findings[set])
            return
        }
        findings[set] = found.count
        var absent: [String] = []
        for index in 0..<2 where missing[index] { absent.append(members[index]) }
        add(TraceFinding(.incompleteReply, severity, confidence: 100, at: events[place], detail: .missing(absent)))
    }
}
