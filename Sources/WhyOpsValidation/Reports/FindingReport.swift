/// Writes what a run finds, as it finds it.
package protocol FindingReport {
    /// What stands before everything.
    mutating func begin() -> [UInt8]
    /// A finding of the file that is being read.
    mutating func add(_ finding: Finding) -> [UInt8]
    /// A file is over.
    mutating func end(_ file: FileSummary) -> [UInt8]
    /// What stands behind everything.
    mutating func finish(_ run: RunSummary) -> [UInt8]
}

extension FindingReport {
    package mutating func begin() -> [UInt8] { [] }
    package mutating func end(_ file: FileSummary) -> [UInt8] { [] }
    package mutating func finish(_ run: RunSummary) -> [UInt8] { [] }
}

/// What came of one file.
package struct FileSummary: Hashable, Sendable {
    package let source: String
    package let payloads: Int
    package let findings: Int

    package init(source: String, payloads: Int, findings: Int) {
        self.source = source
        self.payloads = payloads
        self.findings = findings
    }
}

/// What came of all files.
package struct RunSummary: Hashable, Sendable {
    package var files = 0
    package var payloads = 0
    package var findings = 0
    package var bytes = 0

    package init() {}

    /// One sentence for a person.
    package var sentence: String {
        let found = findings == 0 ? "no findings" : Self.count(findings, "finding")
        return "\(Self.count(payloads, "payload")) in \(Self.count(files, "file")): \(found)"
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}

/// The forms of a report.
package enum ReportForm: String, CaseIterable, Sendable {
    case text, json, sarif, junit, github

    /// A report in this form.
    package func makeReport() -> any FindingReport {
        switch self {
        case .text: TextReport()
        case .json: JSONReport()
        case .sarif: SARIFReport()
        case .junit: JUnitReport()
        case .github: GitHubReport()
        }
    }
}
