extension TraceAnalysis {
    /// How much older than its parent an event may be, in milliseconds: clocks differ, and a client may go on before the end
    /// of a reply is written down (FND-14).
    private static let tolerance: Int64 = 1000

    /// FND-13 to FND-16
    mutating func checkStructure() {
        if events.isEmpty { add(TraceFinding(.noEvents, .critical, confidence: 100)) }
        var duplicate = -1
        for place in 0..<events.count {
            let event = events[place]
            if place > 0, events[place - 1].stepId == event.stepId {
                if duplicate < 0 {
                    duplicate = found.count
                    add(TraceFinding(.duplicateStep, .medium, confidence: 100, at: events[place - 1]))
                }
                add(place, to: duplicate)
            } else {
                duplicate = -1
            }
            if named[place] < 0, let parent = event.parentStepId {
                // Who numbers steps with gaps and names no parent gets the step before as one (EVT-22).
                let isSaid = parent != event.stepId - 1
                add(
                    TraceFinding(
                        .missingParent,
                        isSaid ? .high : .low,
                        confidence: isSaid ? 100 : 50,
                        at: event,
                        detail: .parent(step: parent)
                    )
                )
            }
            guard parents[place] >= 0 else { continue }
            let parent = events[parents[place]]
            let earlier = parent.timestamp.milliseconds - event.timestamp.milliseconds
            if earlier > Self.tolerance {
                add(
                    TraceFinding(
                        .stepOrderDecreased,
                        .high,
                        confidence: 90,
                        at: event,
                        detail: .earlier(parent: parent.stepId, milliseconds: Int(earlier))
                    )
                )
            }
        }
    }
}
