package import FoundationEssentials

/// What is wrong with a suite as data: its files, ids, citations and coverage.
package struct SuiteLint: Sendable {
    private let suite: VectorSuite
    private let spec: URL

    package init(_ suite: VectorSuite, spec: URL) {
        self.suite = suite
        self.spec = spec
    }

    private static let maximumFileSize = 1_000_000

    /// Every finding, a line each.
    package func findings() throws -> [String] {
        var findings: [String] = []
        let features = try declaredFeatures()
        var seen: Set<String> = []
        for file in suite.files {
            findings += fileFindings(file)
            let notes = file.json?["notes"]?.members.map { String(decoding: $0.name, as: UTF8.self) } ?? []
            for subject in file.cases {
                if !seen.insert(subject.id).inserted { findings.append("\(subject.id): stands twice") }
                findings += Self.caseFindings(subject).map { "\(subject.id): \($0)" }
                let unknown = subject.features.subtracting(features).sorted()
                findings += unknown.map { "\(subject.id): '\($0)' is not in features.txt" }
                let unexplained = subject.flags.filter { !notes.contains($0) }
                findings += unexplained.map { "\(subject.id): no note explains the flag \($0)" }
            }
        }
        findings += try RequirementIndex(spec: spec).findings(suite.cases)
        for (file, _) in try SuiteFormatter(suite, spec: spec).changes() {
            findings.append("\(file.lastPathComponent): not as 'whyops conformance fmt' writes it")
        }
        return findings
    }

    private func fileFindings(_ file: VectorSuite.File) -> [String] {
        var findings: [String] = []
        if file.bytes.count >= Self.maximumFileSize { findings.append("is larger than 1 MB") }
        if file.bytes.contains(where: { $0 >= 0x7F }) { findings.append("is not ASCII") }
        guard let json = file.json else { return ["\(file.path): is not JSON"] }
        let operation = json["op"]?.text ?? ""
        if Operation(operation) == nil { findings.append("'\(operation)' is no operation") }
        if json["schema"]?.integer != 1 { findings.append("schema is not 1") }
        let known: Set<String> = ["schema", "op", "notes", "cases"]
        findings += Self.names(json).subtracting(known).sorted().map { "no member is called \($0)" }
        let stem = operation.split(separator: ".").joined(separator: "/")
        if !file.path.hasPrefix(stem) { findings.append("does not begin with \(stem)") }
        if file.cases.count != json["cases"]?.array.count { findings.append("has cases that cannot be read") }
        if file.cases.count != file.listedCount { findings.append("files-1.0.txt says \(file.listedCount) cases") }
        let members: Set<String> = ["id", "req", "since", "until", "features", "flags", "comment", "input", "expect"]
        for subject in json["cases"]?.array ?? [] {
            let id = subject["id"]?.text ?? "?"
            findings += Self.names(subject).subtracting(members).sorted().map { "\(id) has a member \($0)" }
            let expect = Self.names(subject["expect"] ?? .null)
            if expect.count != 1 || expect.isDisjoint(with: ["output", "error", "anyOf"]) {
                findings.append("\(id) has to expect one of output, error and anyOf")
            }
        }
        return findings.map { "\(file.path): \($0)" }
    }

    private static func names(_ json: JSON) -> Set<String> {
        Set(json.members.map { String(decoding: $0.name, as: UTF8.self) })
    }

    private static func caseFindings(_ subject: ConformanceCase) -> [String] {
        var findings: [String] = []
        let stem = subject.operation.split(separator: ".").joined(separator: "/") + "/"
        if !subject.id.hasPrefix(stem) { findings.append("does not begin with \(stem)") }
        let isPlain = subject.id.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "/-._".utf8.contains(byte)
            }
        }
        if !isPlain || subject.id.hasSuffix("/") { findings.append("is no id") }
        if subject.requirements.isEmpty { findings.append("names no rule") }
        if SpecVersion(subject.since) == nil { findings.append("since is no version") }
        if let until = subject.until, SpecVersion(until) == nil { findings.append("until is no version") }
        for name in Operation(subject.operation)?.textMembers ?? [] {
            guard let text = subject.input[name] else { continue }
            if TextValue.bytes(text) == nil { findings.append("\(name) is no text") }
        }
        if CasePlan(subject, cuts: .none) == nil { findings.append("cannot be asked") }
        return findings
    }

    private func declaredFeatures() throws -> Set<String> {
        let text = try VectorSuite.text(suite.directory.appending(path: "features.txt"))
        return Set(text.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
    }
}
