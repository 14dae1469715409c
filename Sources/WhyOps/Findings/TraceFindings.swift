/// The static analysis of a trace (spec/findings.md): a pure function of its events.
public struct TraceFindings: Sendable {
    /// The name of the rules, which says whether two results can be compared.
    public static let version = "static-v1"
    /// Events that are looked at (FND-9).
    public static let eventLimit = 100_000
    /// Bytes of content and metadata that are read of a stored trace (FND-9).
    public static let byteLimit = 256 << 20
    /// Findings that a result lists (FND-9).
    public static let listLimit = 1000

    /// The worst first (FND-7), at most `listLimit`.
    public let findings: [TraceFinding]
    /// How many there are in all.
    public let total: Int
    /// How many events were looked at.
    public let eventCount: Int
    /// Whether those were all events of the trace.
    public let isComplete: Bool
    private let counts: (critical: Int, high: Int, medium: Int, low: Int)

    /// Analyses a trace.
    ///
    /// - Parameters:
    ///   - events: in any order; of more than `eventLimit` those with the smallest steps count.
    ///   - isComplete: whether these are all events that the trace has.
    /// - Complexity: O(n log n) time, O(n) memory.
    public init(of events: [EventSummary], isComplete: Bool = true) {
        var analysis = TraceAnalysis(events, isComplete: isComplete)
        analysis.checkStructure()
        analysis.checkTools()
        analysis.checkReplies()
        analysis.checkLoops()
        analysis.checkErrors()
        analysis.checkOutliers()
        let found = analysis.sortedFindings
        self.findings = found.count > Self.listLimit ? Array(found[0..<Self.listLimit]) : found
        self.total = found.count
        self.eventCount = analysis.events.count
        self.isComplete = analysis.isComplete
        var counts = (critical: 0, high: 0, medium: 0, low: 0)
        for finding in found {
            switch finding.severity {
            case .critical: counts.critical += 1
            case .high: counts.high += 1
            case .medium: counts.medium += 1
            case .low: counts.low += 1
            }
        }
        self.counts = counts
    }

    /// How many findings of a severity there are in all.
    public func count(of severity: FindingSeverity) -> Int {
        switch severity {
        case .critical: counts.critical
        case .high: counts.high
        case .medium: counts.medium
        case .low: counts.low
        }
    }

    /// Writes the members of the result: what was looked at, how many findings there are, and those that are bad enough.
    public func writeMembers(to writer: inout JSONWriter, atLeast severity: FindingSeverity = .low) {
        writer.member("version", Self.version)
        writer.member("eventCount", eventCount)
        writer.member("isComplete", isComplete)
        writer.member("findingCount", total)
        writer.name("severities")
        writer.object { writer in
            for severity in FindingSeverity.allCases.reversed() {
                writer.member(severity.rawValue, count(of: severity))
            }
        }
        writer.name("findings")
        writer.array { writer in
            for finding in findings where finding.severity >= severity { finding.write(to: &writer) }
        }
    }
}
