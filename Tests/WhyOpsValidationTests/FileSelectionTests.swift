import FoundationEssentials
import Testing

@testable import WhyOpsValidation

struct FileSelectionTests {
    /// A folder with some files in it.
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "whyops-\(UUID().uuidString)").path
        for name in ["a.json", "b.ndjson", "notes.txt", "in/c.jsonl", "in/deep/d.json", ".git/e.json", "in/[x].json"] {
            let path = "\(folder)/\(name)"
            let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: URL(filePath: path))
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func names(_ arguments: [String], in folder: String) throws -> [String] {
        try FileSelection.files(for: arguments.map { $0 == "-" ? $0 : "\(folder)/\($0)" }).map {
            $0.hasPrefix(folder) ? String($0.dropFirst(folder.count + 1)) : $0
        }
    }

    @Test(arguments: [
        (["a.json"], ["a.json"]),
        (["."], ["./a.json", "./b.ndjson", "./in/[x].json", "./in/c.jsonl", "./in/deep/d.json"]),
        (["in", "a.json", "in"], ["in/[x].json", "in/c.jsonl", "in/deep/d.json", "a.json"]),
        (["*.json"], ["a.json"]),
        (["*"], ["a.json", "b.ndjson", "notes.txt"]),
        (["**/*.json"], ["a.json", "in/[x].json", "in/deep/d.json"]),
        (["in/**/d.json"], ["in/deep/d.json"]),
        (["?.[jn]*"], ["a.json", "b.ndjson"]),
        // A file of that name is no pattern.
        (["in/[x].json"], ["in/[x].json"]),
        (["-", "a.json"], ["-", "a.json"]),
    ])
    func argumentsStandForFiles(_ arguments: [String], _ expected: [String]) throws {
        try inFolder { folder in
            let found = try names(arguments, in: folder)
            #expect(found == expected)
        }
    }

    @Test(arguments: ["missing.json", "*.yaml", "**/x*"])
    func argumentForNothingIsRefused(_ argument: String) throws {
        try inFolder { folder in
            let arguments = ["\(folder)/\(argument)"]
            #expect(throws: FileSelection.NothingFound.self) { try FileSelection.files(for: arguments) }
        }
    }

    @Test func layoutIsThatOfTheEnding() {
        #expect(FileSelection.layout(of: "a.json") == .value)
        #expect(FileSelection.layout(of: "a.jsonl") == .lines)
        #expect(FileSelection.layout(of: "a.ndjson") == .lines)
        #expect(FileSelection.layout(of: "-") == .auto)
    }
}
