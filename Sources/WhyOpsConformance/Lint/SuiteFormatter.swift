package import FoundationEssentials

/// The canonical form of the suite's files, and the files that are made from others.
package struct SuiteFormatter: Sendable {
    private let suite: VectorSuite
    private let spec: URL

    /// - Parameter spec: the folder of the spec, for `requirements.json`.
    package init(_ suite: VectorSuite, spec: URL) {
        self.suite = suite
        self.spec = spec
    }

    private static let caseMembers = ["id", "req", "since", "until", "features", "flags", "comment", "input", "expect"]

    /// The members of a case, in the order in which they are written.
    static func ordered(_ json: JSON) -> JSON {
        let known = caseMembers.compactMap { name in json[name].map { JSON.Member(name, $0) } }
        let others = json.members.filter { member in !caseMembers.contains { member.name.elementsEqual($0.utf8) } }
        return .object(known + others)
    }

    /// A vector file in its canonical form: one case a line.
    package static func canonical(_ json: JSON) -> [UInt8] {
        let head = ["schema", "op", "notes"].compactMap { name in json[name].map { JSON.Member(name, $0) } }
        var text = JSON.object(head).written(.spaced)
        text.removeLast()
        text += ", \"cases\": [".utf8
        for (index, subject) in (json["cases"]?.array ?? []).enumerated() {
            text += (index == 0 ? "\n  " : ",\n  ").utf8
            text += ordered(subject).written(.spaced)
        }
        return text + "\n]}\n".utf8
    }

    /// The list of files with their numbers of cases, of what is on disk.
    package func list() throws -> [UInt8] {
        let lines = try suite.pathsOnDisk().map { path in
            let bytes = try VectorSuite.bytes(suite.directory.appending(path: "vectors/\(path)"))
            return "\(path) \(JSON(bytes)?["cases"]?.array.count ?? 0)\n"
        }
        return Array(lines.joined().utf8)
    }

    /// The files that are not as they should be, with what they should hold.
    package func changes() throws -> [(file: URL, bytes: [UInt8])] {
        var wanted: [(URL, [UInt8])] = []
        let vectors = suite.directory.appending(path: "vectors")
        for path in try suite.pathsOnDisk() {
            let file = vectors.appending(path: path)
            guard let json = JSON(try VectorSuite.bytes(file)) else {
                throw VectorSuite.Fault(description: "\(path) is not JSON")
            }
            wanted.append((file, Self.canonical(json)))
        }
        wanted.append((vectors.appending(path: "files-1.0.txt"), try list()))
        wanted.append((spec.appending(path: "requirements.json"), try RequirementIndex(spec: spec).json(suite.cases)))
        return wanted.filter { file, bytes in (try? VectorSuite.bytes(file)) != bytes }
    }
}
