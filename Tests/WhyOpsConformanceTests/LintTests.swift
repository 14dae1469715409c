import Foundation
import Testing

@testable import WhyOpsConformance

struct LintTests {
    @Test func rulesAreReadWithTheirLevels() {
        let text = SpecText(
            """
            # Title
            - <a id="SIG-1"></a>**[SIG-1]** A reader MUST read,
              and SHOULD smile.
            - **[SIG-2]** It SHOULD wait.

            **[SIG-3]** It MAY go.
            - **[SIG-4]** A frame is whole.
            """,
            file: "signature.md"
        )
        #expect(text.requirements.map(\.id) == ["SIG-1", "SIG-2", "SIG-3", "SIG-4"])
        #expect(text.requirements.map(\.level) == [.must, .should, .may, .statement])
        #expect(text.requirements[0].text == "A reader MUST read, and SHOULD smile.")
        #expect(text.strayLines.isEmpty)
    }

    @Test func verbOutsideARuleIsFound() {
        let text = SpecText("# MUST\nIt may.\n\nIt MAY.\n```\nMUST\n```\n| MUST |\n", file: "x.md")
        #expect(text.strayLines == [1, 4, 8])
    }

    @Test(arguments: [("SIG-1", true), ("ABC-0", false), ("SIG", false), ("sig-1", false), ("A-B-1", false)])
    func idIsWellFormed(_ id: String, _ expected: Bool) {
        #expect(SpecText.isWellFormed(id) == expected)
    }

    /// A suite of one file in a folder of its own.
    private func lint(_ file: String, listed: String = "json/check.json 1", untested: String = "") throws -> [String] {
        let root = FileManager.default.temporaryDirectory.appending(path: "lint-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        let suite = root.appending(path: "Conformance")
        let spec = root.appending(path: "spec")
        try FileManager.default.createDirectory(
            at: suite.appending(path: "vectors/json"),
            withIntermediateDirectories: true
        )
        try FileManager.default.createDirectory(at: spec, withIntermediateDirectories: true)
        let files: [(URL, String)] = [
            (suite.appending(path: "VERSION"), "1.0.0\n"), (suite.appending(path: "features.txt"), "bytes # b\n"),
            (suite.appending(path: "vectors/files-1.0.txt"), listed + "\n"),
            (suite.appending(path: "vectors/json/check.json"), file),
            (spec.appending(path: "json.md"), "- **[JSON-1]** It MUST read.\n- **[JSON-2]** It MUST tell.\n"),
            (spec.appending(path: "untested.txt"), untested),
        ]
        for (url, text) in files { try Data(text.utf8).write(to: url) }
        let vectors = try VectorSuite(directory: suite)
        let findings = try SuiteLint(vectors, spec: spec).findings()
        return findings.filter { !$0.hasPrefix("requirements.json") }
    }

    private static let good =
        #"{"id": "json/check/a", "req": ["JSON-1"], "since": "1.0", "input": {"text": "1"}, "expect": {"output": {"code": null}}}"#

    private func file(_ cases: String...) -> String {
        #"{"schema": 1, "op": "json.check", "cases": ["# + "\n  " + cases.joined(separator: ",\n  ") + "\n]}\n"
    }

    @Test func ruleWithoutACaseIsFound() throws {
        #expect(try lint(file(Self.good)) == ["spec/json.md: JSON-2 has no case and does not stand in untested.txt"])
        #expect(try lint(file(Self.good), untested: "JSON-2 # why\n") == [])
    }

    @Test(arguments: [
        ("JSON-2", "spec/untested.txt: JSON-2 needs '# reason'"),
        ("JSON-2 # why\nABC-9 # why", "spec/untested.txt: no rule ABC-9"),
        ("JSON-2 # why\nJSON-1 # why", "spec/untested.txt: JSON-1 has the case json/check/a"),
        ("JSON-2 # see Tests/Nothing.swift", "spec/untested.txt: JSON-2 names Tests/Nothing.swift, which is not there"),
    ])
    func excuseHasToBeTrue(_ untested: String, _ finding: String) throws {
        #expect(try lint(file(Self.good), untested: untested + "\n") == [finding])
    }

    @Test(arguments: [
        ("\"json/check/a\"", "\"json/other/a\"", "json/other/a: does not begin with json/check/"),
        ("\"json/check/a\"", "\"json/check/a b\"", "json/check/a b: is no id"),
        ("JSON-1", "JSON-7", "json/check/a: no rule JSON-7"),
        ("\"since\": \"1.0\"", "\"since\": \"1\"", "json/check/a: since is no version"),
        ("\"since\"", "\"features\": [\"wings\"], \"since\"", "json/check/a: 'wings' is not in features.txt"),
        ("\"since\"", "\"flags\": [\"Odd\"], \"since\"", "json/check/a: no note explains the flag Odd"),
        ("\"since\"", "\"remark\": 1, \"since\"", "json/check.json: json/check/a has a member remark"),
        ("\"text\": \"1\"", "\"text\": 1", "json/check/a: text is no text"),
        ("\"text\": \"1\"", "\"text\":  \"1\"", "check.json: not as 'whyops conformance fmt' writes it"),
    ])
    func faultOfACaseIsFound(_ part: String, _ replacement: String, _ finding: String) throws {
        let changed = Self.good.replacing(part, with: replacement)
        #expect(try lint(file(changed), untested: "JSON-2 # why\n").contains(finding))
    }

    @Test func casesThatDoNotAddUpAreFound() throws {
        let twice = try lint(file(Self.good, Self.good), untested: "JSON-2 # why\n")
        #expect(twice.contains("json/check/a: stands twice"))
        #expect(twice.contains("json/check.json: files-1.0.txt says 1 cases"))
    }
}
