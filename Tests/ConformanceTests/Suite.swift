import Foundation
import Testing
import WhyOpsConformance

/// The suite of this repository.
enum Suite {
    static let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance")

    static let whole: VectorSuite? = try? VectorSuite(directory: directory)

    static let cases: [ConformanceCase] = whole?.cases ?? []

    static func cases(_ operation: String) -> [ConformanceCase] { cases.filter { $0.operation == operation } }
}
