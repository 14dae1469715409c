import Testing

@testable import WhyOpsConformance

/// Reports, letter by letter.
struct ReportTests {
    private static let report: ConformanceReport? = {
        guard let introduction = JSON(Array(#"{"implementation":{"name":"acme","version":"0.3"},"features":[]}"#.utf8))
        else { return nil }
        func result(_ id: String, _ status: CaseResult.Status, _ detail: String? = nil) -> CaseResult {
            CaseResult(
                id: id,
                conformanceClass: id.hasPrefix("e") ? .event : .codec,
                isOptional: status == .unsupported,
                status: status,
                detail: detail
            )
        }
        return ConformanceReport(
            suite: "1.2.0",
            spec: "1.0",
            introduction: introduction,
            results: [
                result("signature/a", .pass), result("signature/b", .fail, "a < \"b\" & \u{E9}\u{1}"),
                result("signature/c", .unsupported, "needs bytes"), result("event/a", .pass),
            ],
            totals: [],
            milliseconds: 12
        )
    }()

    @Test func json() throws {
        let report = try #require(Self.report)
        #expect(
            String(decoding: report.json, as: UTF8.self) == """
                {"schema": 1,
                "suite": "1.2.0",
                "spec": "1.0",
                "protocol": 1,
                "implementation": {"name": "acme", "version": "0.3"},
                "features": [],
                "classes": [{"name": "codec", "verdict": "failed", "required": {"passed": 1, "total": 2}, \
                "optional": {"passed": 0, "total": 1}}, {"name": "event", "verdict": "passed", \
                "required": {"passed": 1, "total": 1}, "optional": {"passed": 0, "total": 0}}],
                "counts": {"pass": 2, "fail": 1, "error": 0, "skipped": 0, "unsupported": 1, "xfail": 0, "xpass": 0},
                "timing": {"milliseconds": 12},
                "results": [
                  {"id": "signature/a", "status": "pass"},
                  {"id": "signature/b", "status": "fail", "detail": "a < \\"b\\" & \\u00e9\\u0001"},
                  {"id": "signature/c", "status": "unsupported", "detail": "needs bytes"},
                  {"id": "event/a", "status": "pass"}
                ]}

                """
        )
        #expect(JSON(report.json) != nil)
    }

    @Test func junit() throws {
        #expect(
            try #require(Self.report).junit == """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites name="whyops conformance 1.2.0">
                  <testsuite name="codec" tests="3" failures="1" errors="0" skipped="1">
                    <testcase classname="codec" name="signature/a"/>
                    <testcase classname="codec" name="signature/b"><failure message="fail: a &lt; &quot;b&quot; &amp; &#233;?"/></testcase>
                    <testcase classname="codec" name="signature/c"><skipped message="unsupported: needs bytes"/></testcase>
                  </testsuite>
                  <testsuite name="event" tests="1" failures="0" errors="0" skipped="0">
                    <testcase classname="event" name="event/a"/>
                  </testsuite>
                </testsuites>

                """
        )
    }

    @Test func markdown() throws {
        #expect(
            try #require(Self.report).markdown == """
                ## WhyOps conformance: acme 0.3

                Suite 1.2.0, spec 1.0.

                | class | verdict | required | optional |
                |---|---|---|---|
                | codec | failed | 1/2 | 0/1 |
                | event | passed | 1/1 | 0/0 |

                | case | status | detail |
                |---|---|---|
                | signature/b | fail | a < "b" & \u{E9}\u{1} |

                """
        )
    }
}
