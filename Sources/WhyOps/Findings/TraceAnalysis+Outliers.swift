extension TraceAnalysis {
    /// Samples without which nothing is told, and how far above the percentile an outlier is at least (FND-24).
    private static let leastSamples = 10
    private static let leastDistance = 1000
    /// Figures that count, so that no sum of them is too large for a number (EVT-18).
    private static let figures = 0...2_147_483_647

    /// FND-24, FND-25
    mutating func checkOutliers() {
        for type in [EventType.llmResponse, .embeddingResponse, .toolCallResponse, .toolCall] {
            checkOutliers(of: type, .latencyOutlier) { $0.latencyMs }
        }
        for type in [EventType.llmResponse, .embeddingResponse] {
            checkOutliers(of: type, .tokenOutlier) { $0.totalTokens }
        }
    }

    private mutating func checkOutliers(
        of type: EventType,
        _ code: FindingCode,
        _ figure: (EventSummary) -> Int?
    ) {
        var samples: [Int] = []
        for event in events where event.eventType == type {
            if let value = figure(event), Self.figures.contains(value) { samples.append(value) }
        }
        guard samples.count >= Self.leastSamples else { return }
        samples.sort()
        // The nearest rank, without a fraction: the smallest one that is not below 95 of 100 of them.
        let percentile = samples[(95 * samples.count + 99) / 100 - 1]
        let count = samples.count
        for event in events where event.eventType == type {
            guard let value = figure(event), Self.figures.contains(value),
                value - percentile >= Self.leastDistance, 2 * value > 3 * percentile
            else { continue }
            add(
                TraceFinding(
                    code,
                    .low,
                    confidence: 90,
                    at: event,
                    detail: .outlier(value: value, percentile: percentile, samples: count)
                )
            )
        }
    }
}
