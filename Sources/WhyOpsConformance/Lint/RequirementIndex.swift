package import FoundationEssentials

/// The rules of a `spec` folder, with the cases of a suite that name them.
package struct RequirementIndex: Sendable {
    /// The rules, file by file.
    package let requirements: [Requirement]
    /// What is wrong with the texts.
    package let findings: [String]
    /// The rules that no case can check, with reasons.
    package let untested: [(id: String, reason: String)]

    /// The folder that holds the spec.
    private let root: URL

    /// Reads every Markdown file of the folder.
    package init(spec folder: URL) throws {
        var requirements: [Requirement] = []
        var findings: [String] = []
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".md") }
        for name in names.sorted() {
            let text = SpecText(try VectorSuite.text(folder.appending(path: name)), file: name)
            findings += text.strayLines.map { "spec/\(name):\($0): a verb of RFC 2119 outside a rule" }
            requirements += text.requirements
        }
        self.root = folder.deletingLastPathComponent()
        var seen: Set<String> = []
        findings += requirements.filter { !seen.insert($0.id).inserted }.map {
            "spec/\($0.file): \($0.id) stands twice"
        }
        self.requirements = requirements
        self.findings = findings
        let list = try VectorSuite.text(folder.appending(path: "untested.txt"))
        self.untested = list.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let parts = line.split(separator: "#", maxSplits: 1).map { String($0).trimmed }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    /// `requirements.json`: one rule a line, with the ids of its cases.
    package func json(_ cases: [ConformanceCase]) -> [UInt8] {
        let cited = Self.citations(cases)
        let lines = requirements.map { requirement in
            JSON.object([
                .init("id", .text(requirement.id)), .init("level", .text(requirement.level.rawValue)),
                .init("file", .text(requirement.file)), .init("text", .text(requirement.text)),
                .init("cases", .array((cited[requirement.id] ?? []).map { .text($0) })),
            ])
        }
        var text = Array("{\"schema\": 1, \"spec\": \"1.0\", \"requirements\": [\n".utf8)
        text += ByteText.joined(
            lines.enumerated().map { Array(($0 == 0 ? "  " : ",\n  ").utf8) + $1.written(.spaced) }
        )
        return text + "\n]}\n".utf8
    }

    /// What the cases leave open.
    package func findings(_ cases: [ConformanceCase]) -> [String] {
        let cited = Self.citations(cases)
        let known = Set(requirements.map(\.id))
        var findings = findings
        for (id, reason) in untested {
            if !known.contains(id) { findings.append("spec/untested.txt: no rule \(id)") }
            for word in reason.split(separator: " ") where word.hasPrefix("Tests/") && !exists(String(word)) {
                findings.append("spec/untested.txt: \(id) names \(word), which is not there")
            }
            if reason.isEmpty { findings.append("spec/untested.txt: \(id) needs '# reason'") }
            if let first = cited[id]?.first { findings.append("spec/untested.txt: \(id) has the case \(first)") }
        }
        let excused = Set(untested.map(\.id))
        for rule in requirements where rule.level.needsCase && cited[rule.id] == nil && !excused.contains(rule.id) {
            findings.append("spec/\(rule.file): \(rule.id) has no case and does not stand in untested.txt")
        }
        for subject in cases {
            let unknown = subject.requirements.filter { !known.contains($0) }
            findings += unknown.map { "\(subject.id): no rule \($0)" }
        }
        return findings
    }

    /// Whether a test that is named is there.
    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// The ids of the cases for each rule, in order.
    private static func citations(_ cases: [ConformanceCase]) -> [String: [String]] {
        var cited: [String: [String]] = [:]
        for subject in cases {
            for id in subject.requirements { cited[id, default: []].append(subject.id) }
        }
        return cited
    }
}
