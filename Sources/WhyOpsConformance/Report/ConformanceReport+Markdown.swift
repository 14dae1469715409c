extension ConformanceReport {
    /// The report as a table for a page of results: classes first, then what did not pass.
    public var markdown: String {
        var text = "## WhyOps conformance: \(implementation)\n\nSuite \(suite), spec \(spec).\n\n"
        text += "| class | verdict | required | optional |\n|---|---|---|---|\n"
        for summary in classes {
            text +=
                "| \(summary.name.rawValue) | \(summary.verdict.rawValue) | \(summary.required.passed)/"
                + "\(summary.required.total) | \(summary.optional.passed)/\(summary.optional.total) |\n"
        }
        let findings = results.filter { $0.status != .pass && $0.status != .skipped && $0.status != .unsupported }
        guard !findings.isEmpty else { return text }
        text += "\n| case | status | detail |\n|---|---|---|\n"
        for result in findings.prefix(Self.maximumRows) {
            text += "| \(result.id) | \(result.status.rawValue) | \(Self.cell(result.detail ?? "")) |\n"
        }
        if findings.count > Self.maximumRows { text += "\n\(findings.count - Self.maximumRows) more.\n" }
        return text
    }

    private static let maximumRows = 200

    private static func cell(_ text: String) -> String {
        String(text.map { $0 == "|" || $0 == "\n" || $0 == "`" ? " " : $0 })
    }
}
