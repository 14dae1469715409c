import Foundation
import WhyOps

@testable import WhyOpsStore

/// Stores of every engine that is there, one after the other, each in a place of its own that is gone afterwards; gives what
/// the body gave for the last one.
@discardableResult
func withStore<Result: Sendable>(
    limits: AppendLimits = AppendLimits(),
    _ body: (SQLiteStore, Tenant) async throws -> Result
) async throws -> Result {
    let result = try await withSQLiteStore(limits: limits, body)
    guard PostgresPlace.isThere else { return result }
    return try await withPostgresURL { url in
        try await run(try await DatabaseStore.open(postgres: url, limits: limits), body)
    }
}

/// A store on a file, for what only that engine has.
func withSQLiteStore<Result: Sendable>(
    limits: AppendLimits = AppendLimits(),
    _ body: (SQLiteStore, Tenant) async throws -> Result
) async throws -> Result {
    try await withDatabaseFile { path in
        try await run(try await SQLiteStore.open(path: path, limits: limits), body)
    }
}

private func run<Result: Sendable>(
    _ store: DatabaseStore,
    _ body: (DatabaseStore, Tenant) async throws -> Result
) async throws -> Result {
    let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
    do {
        let result = try await body(store, tenant)
        try await store.close()
        return result
    } catch {
        try? await store.close()
        throw error
    }
}

/// A path in an empty directory, which is gone afterwards.
func withDatabaseFile<Result: Sendable>(_ body: (String) async throws -> Result) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "whyops-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(directory.appending(path: "store.sqlite").path)
}

/// An event with as little as an event may have.
func event(
    _ type: EventType = .userMessage,
    trace: String = "trace",
    agent: String = "agent",
    span: String? = nil,
    step: Int? = nil,
    parent: Int? = nil,
    timestamp: String? = nil,
    content: String? = nil,
    metadata: String? = nil,
    key: String? = nil
) -> Event {
    Event(
        eventType: type,
        traceId: trace,
        agentName: agent,
        spanId: span,
        stepId: step,
        parentStepId: parent,
        timestamp: timestamp,
        content: content.map { Array($0.utf8) },
        metadata: metadata.map { Array($0.utf8) },
        idempotencyKey: key
    )
}
