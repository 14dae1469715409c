import Testing
import WhyOps

@testable import WhyOpsValidation

struct FindingReportTests {
    private static let findings = [
        Finding(
            source: "a b/\u{E9}.json",
            place: TextPlace(line: 2, column: 7),
            pointer: "/traceId",
            rule: "traceId.required",
            message: "Say <\"which\"> & 100%,\nnow"
        ),
        Finding(source: "-", place: TextPlace(line: 1, column: 1), pointer: "", rule: "body.type", message: "No\u{1}"),
    ]

    private func report(_ form: ReportForm, _ findings: [Finding]) -> String {
        var report = form.makeReport()
        var bytes = report.begin()
        var run = RunSummary()
        for finding in findings {
            bytes += report.add(finding)
            bytes += report.end(FileSummary(source: finding.source, payloads: 1, findings: 1))
            run.files += 1
            run.payloads += 1
            run.findings += 1
        }
        if findings.isEmpty { bytes += report.end(FileSummary(source: "ok.json", payloads: 3, findings: 0)) }
        return String(decoding: bytes + report.finish(run), as: UTF8.self)
    }

    @Test func text() {
        #expect(
            report(.text, Self.findings).hasPrefix(
                "a b/\u{E9}.json:2:7: Say <\"which\"> & 100%,\nnow at /traceId [traceId.required]\n"
            )
        )
        #expect(report(.text, []) == "")
    }

    @Test func github() {
        let lines = report(.github, Self.findings).split(separator: "\n")
        #expect(
            lines == [
                "::error file=a b/\u{E9}.json,line=2,col=7,title=traceId.required::/traceId: Say <\"which\"> & 100%25,%0Anow",
                "::error file=-,line=1,col=1,title=body.type::No\u{1}",
            ]
        )
    }

    @Test(arguments: [findings, []])
    func json(_ findings: [Finding]) throws {
        let root = try JSONDocument(Array(report(.json, findings).utf8)).root
        #expect(root["findings"]?.children.map { $0["rule"]?.string } == findings.map(\.rule))
        #expect(root["findings"]?.children.map { $0["message"]?.string } == findings.map(\.message))
        #expect(root["summary"]?["findings"]?.integer == findings.count)
    }

    @Test(arguments: [findings, []])
    func sarif(_ findings: [Finding]) throws {
        let root = try JSONDocument(Array(report(.sarif, findings).utf8)).root
        let run = try #require(root["runs"]?.children.first)
        #expect(root["version"]?.string == "2.1.0")
        let results = try #require(run["results"]?.children)
        #expect(results.map { $0["ruleId"]?.string } == findings.map(\.rule))
        let rules = run["tool"]?["driver"]?["rules"]?.children.map { $0["id"]?.string }
        #expect(rules == findings.map(\.rule).sorted())
        guard let place = results.first?["locations"]?.children.first?["physicalLocation"] else { return }
        #expect(place["artifactLocation"]?["uri"]?.string == "a%20b/%C3%A9.json")
        #expect(place["region"]?["startLine"]?.integer == 2)
        #expect(place["region"]?["startColumn"]?.integer == 7)
    }

    @Test func junit() {
        let text = report(.junit, Self.findings)
        #expect(
            text.contains(
                "<testcase classname=\"whyops.validate\" name=\"a b/\u{E9}.json\">\n<failure message=\"1 finding\">2:7: Say &lt;&quot;which&quot;&gt; &amp; 100%,\nnow at /traceId [traceId.required]</failure>"
            )
        )
        #expect(text.contains("No\u{FFFD} [body.type]"))
        #expect(report(.junit, []).contains("name=\"ok.json\"/>"))
    }
}
