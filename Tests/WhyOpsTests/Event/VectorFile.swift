import Foundation
import Testing
import WhyOps

/// One case of a conformance file.
struct VectorCase: Sendable, CustomTestStringConvertible {
    let id: String
    let input: JSONValue
    let expect: JSONValue

    var testDescription: String { id }

    /// The expected output; of a case that expects an error, `expect` itself, which then has no member of it.
    var output: JSONValue { expect["output"] ?? expect }

    /// The JSON text that the case is about, as it is spelled.
    var document: JSONDocument {
        get throws {
            if let text = input["text"]?.string { return try JSONDocument(Array(text.utf8)) }
            return try JSONDocument(try #require(input["body"]).slice)
        }
    }
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
            guard let id = item["id"]?.string, let input = item["input"], let expect = item["expect"] else {
                return nil
            }
            return VectorCase(id: id, input: input, expect: expect)
        }
    }

    /// What `expect.output.faults` lists, as `pointer rule`.
    static func faults(_ output: JSONValue) -> [String] {
        (output["faults"]?.children ?? []).map { "\($0["pointer"]?.string ?? "?") \($0["rule"]?.string ?? "?")" }
    }
}

extension JSONValue {
    /// Whether two values are equal by value: members in any order, numbers by what they say.
    func isEqual(to other: JSONValue) -> Bool {
        guard kind == other.kind else { return false }
        switch kind {
        case .null, .true, .false: return true
        case .string: return string.map { Array($0.utf8) } == other.string.map { Array($0.utf8) }
        case .number:
            return Double(String(decoding: slice, as: UTF8.self))
                == Double(String(decoding: other.slice, as: UTF8.self))
        case .array:
            let (left, right) = (children, other.children)
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEqual(to: $1) }
        case .object:
            let (left, right) = (members, other.members)
            return left.count == right.count
                && left.allSatisfy { name, value in
                    right.contains { name.utf8.elementsEqual($0.name.utf8) && value.isEqual(to: $0.value) }
                }
        }
    }
}
