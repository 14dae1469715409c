import Foundation
import Testing

@testable import WhyOps

private let folder = ProcessInfo.processInfo.environment["WHYOPS_JSON_TEST_SUITE"]

/// Nicolas Seriot's JSONTestSuite, which is not part of this repository: `WHYOPS_JSON_TEST_SUITE` names its folder
/// `test_parsing`. Files that begin with `y` must be read, with `n` refused, with `i` either.
@Suite(.enabled(if: folder != nil, "WHYOPS_JSON_TEST_SUITE is not set"))
struct JSONTestSuiteTests {
    static var names: [String] {
        guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
        return names.filter { $0.hasSuffix(".json") }.sorted()
    }

    @Test(arguments: names)
    func fileIsReadOrRefused(_ name: String) throws {
        let folder = try #require(folder)
        let bytes = try Array(Data(contentsOf: URL(filePath: folder).appending(path: name)))
        let isRead = (try? JSONDocument(bytes, limits: JSONLimits(depth: 1000))) != nil
        switch name.first {
        case "y": #expect(isRead)
        case "n": #expect(!isRead)
        default: break
        }
    }
}
