import Foundation
import Testing

@testable import WhyOps

private let folder = ProcessInfo.processInfo.environment["WHYOPS_JCS_TEST_DATA"].map { URL(filePath: $0) }

/// The data of cyberphone's json-canonicalization, which is not part of this repository: `WHYOPS_JCS_TEST_DATA` names
/// a folder with its `testdata/input` and `testdata/output`, and, in files called `es6*.txt`, lines of its numbers:
/// the bits of a double in hexadecimal digits, a comma, and how ECMA-262 writes it.
@Suite(.enabled(if: folder != nil, "WHYOPS_JCS_TEST_DATA is not set"))
struct CanonicalFormDataTests {
    private static func names(_ path: String) -> [String] {
        let folder = folder?.appending(path: path).path ?? ""
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    static let inputs = names("testdata/input")
    static let numberFiles = names("").filter { $0.hasPrefix("es6") && $0.hasSuffix(".txt") }

    private func bytes(_ path: String) throws -> [UInt8] {
        try Array(Data(contentsOf: #require(folder).appending(path: path)))
    }

    @Test func dataIsThere() {
        #expect(!Self.inputs.isEmpty && !Self.numberFiles.isEmpty)
    }

    @Test(arguments: inputs) func outputIsTheCanonicalForm(_ name: String) throws {
        let output = try bytes("testdata/output/\(name)")
        #expect(try CanonicalJSON(bytes("testdata/input/\(name)")).bytes == output)
        #expect(try CanonicalJSON(output).bytes == output)
    }

    @Test(arguments: numberFiles) func numbersAreWrittenAndReadBack(_ name: String) throws {
        let lines = try String(decoding: bytes(name), as: UTF8.self).split(separator: "\n")
        #expect(lines.count > 1000)
        for line in lines {
            let parts = line.split(separator: ",")
            let bits = try #require(UInt64(parts[0], radix: 16))
            let value = Double(bitPattern: bits)
            var text: [UInt8] = []
            text.appendNumber(value)
            #expect(String(decoding: text, as: UTF8.self) == parts[1])
            #expect(DoubleReading.double(0..<text.count, in: text.span) == value)
        }
    }
}
