import WhyOps

/// One JSON object: `{"findings": [...], "summary": {...}}`.
package struct JSONReport: FindingReport {
    private var isFirst = true

    package init() {}

    package mutating func begin() -> [UInt8] { Array("{\"findings\": [".utf8) }

    package mutating func add(_ finding: Finding) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("file", finding.source)
            writer.member("line", finding.place.line)
            writer.member("column", finding.place.column)
            writer.member("pointer", finding.pointer)
            writer.member("rule", finding.rule)
            writer.member("message", finding.message)
        }
        defer { isFirst = false }
        return Array((isFirst ? "\n  " : ",\n  ").utf8) + writer.bytes
    }

    package mutating func finish(_ run: RunSummary) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("files", run.files)
            writer.member("payloads", run.payloads)
            writer.member("findings", run.findings)
            writer.member("bytes", run.bytes)
        }
        return Array("\(isFirst ? "" : "\n")], \"summary\": ".utf8) + writer.bytes + "}\n".utf8
    }
}
