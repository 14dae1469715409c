import Foundation
import Testing

/// One case of the suite.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    let id: String
    let input: JSON
    let output: JSON?
    let error: String?

    var testDescription: String { id }

    init?(_ json: JSON) {
        guard let id = json["id"]?.text, let input = json["input"], let expect = json["expect"] else { return nil }
        self.id = id
        self.input = input
        self.output = expect["output"]
        self.error = expect["error"]?.text
    }

    /// The text of an input member.
    func text(_ name: String) throws -> [UInt8] {
        try #require(TextValue.bytes(input[name]), "\(id): no \(name)")
    }
}

/// The files of `Conformance/vectors`.
enum Vectors {
    static let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance/vectors")

    /// The files of the list, with the number of cases that it gives.
    static let list: [(path: String, count: Int)] = {
        guard let data = try? Data(contentsOf: directory.appending(path: "files-1.0.txt")) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let count = Int(words[1]) else { return nil }
            return (String(words[0]), count)
        }
    }()

    static func bytes(_ path: String) -> [UInt8]? {
        (try? Data(contentsOf: directory.appending(path: path))).map { Array($0) }
    }

    /// The cases of every file of an operation: `<area>/<op>.json`, `<area>/<op>-2.json` and so on.
    static func cases(_ operation: String) -> [ConformanceCase] {
        let stem = operation.replacing(".", with: "/", maxReplacements: 1)
        return list.map(\.path)
            .filter { path in
                guard path.hasPrefix(stem), path.hasSuffix(".json") else { return false }
                let number = path.dropFirst(stem.count).dropLast(5)
                return number.isEmpty || (number.first == "-" && Int(number.dropFirst()) != nil)
            }
            .flatMap { path in
                guard let json = bytes(path).flatMap({ JSON($0) }), json["op"]?.text == operation else {
                    return [] as [ConformanceCase]
                }
                return json["cases"]?.array.compactMap { ConformanceCase($0) } ?? []
            }
    }

    static let encode = cases("signature.encode")
    static let extract = cases("signature.extract")
    static let strip = cases("signature.strip")
    static let carrier = cases("signature.carrier")
    static let rewriteRequest = cases("exchange.rewrite-request")
    static let embed = cases("exchange.embed")
    static let embedStream = cases("exchange.embed-stream")
}
