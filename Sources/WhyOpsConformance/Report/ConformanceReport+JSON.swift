extension ConformanceReport {
    /// The report as JSON (`spec/schema/report.schema.json`), one result a line; only `timing` differs from run to run.
    public var json: [UInt8] {
        let head: [JSON.Member] = [
            .init("schema", .integer(1)), .init("suite", .text(suite)), .init("spec", .text(spec)),
            .init("protocol", .integer(1)), .init("implementation", introduction["implementation"] ?? .null),
            .init("features", introduction["features"] ?? .array([])),
            .init("classes", .array(classes.map(Self.json))),
            .init(
                "counts",
                .object(CaseResult.Status.allCases.map { .init($0.rawValue, .integer(count($0))) })
            ),
            .init("timing", .object([.init("milliseconds", .integer(milliseconds))])),
        ]
        var text: [UInt8] = Array("{".utf8)
        for member in head {
            text += JSON.string(member.name).written() + ": ".utf8 + member.value.written(.spaced) + ",\n".utf8
        }
        text += "\"results\": [".utf8
        for (index, result) in results.enumerated() {
            text += (index == 0 ? "\n  " : ",\n  ").utf8 + Self.json(result).written(.spaced)
        }
        return text + "\n]}\n".utf8
    }

    private static func json(_ summary: ClassSummary) -> JSON {
        func figures(_ pair: (passed: Int, total: Int)) -> JSON {
            .object([.init("passed", .integer(pair.passed)), .init("total", .integer(pair.total))])
        }
        return .object([
            .init("name", .text(summary.name.rawValue)), .init("verdict", .text(summary.verdict.rawValue)),
            .init("required", figures(summary.required)), .init("optional", figures(summary.optional)),
        ])
    }

    private static func json(_ result: CaseResult) -> JSON {
        var members: [JSON.Member] = [.init("id", .text(result.id)), .init("status", .text(result.status.rawValue))]
        if let detail = result.detail { members.append(.init("detail", .text(detail))) }
        return .object(members)
    }
}
