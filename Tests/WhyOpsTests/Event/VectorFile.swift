import Foundation
import Testing
import WhyOps

/// One case of a conformance file.
struct VectorCase: Sendable, CustomTestStringConvertible {
    let id: String
    let input: JSONValue
    let output: JSONValue

    var testDescription: String { id }
}

/// Reads the conformance files of this repository.
enum VectorFile {
    static func cases(_ path: String, from file: String = #filePath) -> [VectorCase] {
        var root = URL(filePath: file)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        guard let data = try? Data(contentsOf: root.appending(path: "Conformance/vectors/\(path)")),
            let document = try? JSONDocument(Array(data))
        else { return [] }
        return (document.root["cases"]?.children ?? []).compactMap { item in
            guard let id = item["id"]?.string, let input = item["input"], let output = item["expect"]?["output"] else {
                return nil
            }
            return VectorCase(id: id, input: input, output: output)
        }
    }

    /// What `expect.output.faults` lists, as `pointer rule`.
    static func faults(_ output: JSONValue) -> [String] {
        (output["faults"]?.children ?? []).map { "\($0["pointer"]?.string ?? "?") \($0["rule"]?.string ?? "?")" }
    }
}
