import Foundation
import Testing
import WhyOps

@testable import WhyOpsStore

/// The server that `.ci/postgres` starts for the tests.
enum PostgresPlace {
    static let url = ProcessInfo.processInfo.environment["WHYOPS_TEST_POSTGRES"]
    static var isThere: Bool { url != nil }
}

/// The address of an empty schema, which is gone afterwards.
func withPostgresURL<Result: Sendable>(_ body: (String) async throws -> Result) async throws -> Result {
    let url = try #require(PostgresPlace.url)
    let schema = "t_" + UUID().uuidString.lowercased().replacing("-", with: "")
    func run(_ sql: String) throws {
        try PostgresConnection([("dbname", url)]).run(sql)
    }
    try run("CREATE SCHEMA \(schema)")
    do {
        let result = try await body(url + "&application_name=\(schema)&options=-csearch_path%3D\(schema)")
        try run("DROP SCHEMA \(schema) CASCADE")
        return result
    } catch {
        try? run("DROP SCHEMA \(schema) CASCADE")
        throw error
    }
}
