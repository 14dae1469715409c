import WhyOps
import WhyOpsCommand

/// An analysis as a service answers it, wherever it was made.
struct TraceReport {
    private let analysis: JSONValue

    /// - Returns: `nil` where that is no analysis.
    init?(_ analysis: JSONValue?) {
        guard let analysis, analysis["traceId"]?.string != nil, analysis["findings"]?.kind == .array else { return nil }
        self.analysis = analysis
    }

    init(_ findings: TraceFindings, of traceId: String, atLeast severity: FindingSeverity) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("traceId", traceId)
            findings.writeMembers(to: &writer, atLeast: severity)
        }
        guard let analysis = try? JSONDocument(writer.bytes).root else {
            preconditionFailure("what was written is JSON")
        }
        self.analysis = analysis
    }

    var traceId: String { analysis["traceId"]?.string ?? "" }
    var findings: [JSONValue] { analysis["findings"]?.children ?? [] }
    var findingCount: Int { analysis["findingCount"]?.integer ?? findings.count }
    var eventCount: Int { analysis["eventCount"]?.integer ?? 0 }
    var isComplete: Bool { analysis["isComplete"]?.kind != .false }

    /// One JSON object on one line.
    var json: String { String(decoding: analysis.slice, as: UTF8.self) }

    /// A line for each finding: severity, code, step, what it means.
    var lines: [String] {
        let width = FindingSeverity.allCases.map(\.rawValue.count).max() ?? 0
        return findings.map { finding in
            let severity = finding["severity"]?.string ?? "?"
            let padding = String(repeating: " ", count: max(0, width - severity.count))
            let step = finding["stepId"]?.integer.map { "step \($0)" } ?? "no step"
            let parts = [severity + padding, finding["code"]?.string ?? "?", step, finding["message"]?.string ?? ""]
            return plain(parts.joined(separator: "  "))
        }
    }
}
