import Foundation
import WhyOps

@testable import WhyOpsStore

/// A store on a file of its own, which is gone afterwards.
func withStore<Result: Sendable>(
    limits: AppendLimits = AppendLimits(),
    _ body: (SQLiteStore, Tenant) async throws -> Result
) async throws -> Result {
    try await withDatabaseFile { path in
        let store = try await SQLiteStore.open(path: path, limits: limits)
        let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
        let result = try await body(store, tenant)
        try await store.close()
        return result
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
