import Foundation
import GRDB
import Testing
import WhyOps

@testable import WhyOpsStore

/// What looking over a store finds, on both engines (STO-40, STO-41).
@Suite struct StoreCheckTests {
    private func report(_ store: DatabaseStore) async throws -> StoreReport {
        var report = StoreReport(engine: store.engine, version: "", isCurrent: true)
        try await StoreCheck { try await store.pool.read($0) }.run(into: &report) { _ in }
        return report
    }

    private func sample(_ store: DatabaseStore, _ tenant: Tenant) async throws {
        for trace in 0..<150 {
            _ = try await store.append(
                [
                    event(trace: "t\(trace)", content: "{\"a\":\"\u{E9}\"}", metadata: #"{"usage":{"totalTokens":3}}"#),
                    event(.error, trace: "t\(trace)", timestamp: "2020-01-01T00:00:00.000Z"),
                ],
                tenant: tenant
            )
        }
    }

    @Test func aStoreThatWasWrittenToIsSound() async throws {
        try await withStore { store, tenant in
            try await sample(store, tenant)
            let agent = try await store.agents(page: PageRequest(limit: 1), tenant: tenant).items[0]
            _ = try await store.append([event(trace: "t1", agent: "other")], tenant: tenant)
            #expect(agent.name == "agent" || agent.name == "other")
            let found = try await report(store)
            #expect(found.findings == [])
            #expect((found.traces, found.events) == (150, 301))
            _ = try await store.retain(RetentionLimits(bytes: 1), elapsed: .zero)
            #expect(try await report(store).findings == [])
        }
    }

    /// What an append that is undone has begun, traces and agents, those in the same commit must not take for begun (STO-53).
    @Test func appendsThatAreUndoneLeaveNothingToTheOthersOfTheirCommit() async throws {
        try await withStore { store, tenant in
            let saved = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<60 {
                    let trace = "t\(index / 6)"
                    let agent = "agent-\(index / 6)"
                    group.addTask {
                        // Every second one takes a step twice, behind what begins the trace and the agent.
                        let steps: [Int?] = index % 2 == 0 ? [nil, 9000 + index, 9000 + index] : [nil, nil]
                        return try await store.append(
                            steps.map { event(trace: trace, agent: agent, step: $0) },
                            tenant: tenant
                        ).count { $0.status == .saved }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(saved == 60)
            for trace in 0..<10 {
                let detail = try await store.thread("t\(trace)", events: PageRequest(limit: 20), tenant: tenant)
                #expect(detail?.entries.compactMap(\.stored.event.stepId) == Array(1...6))
            }
            let found = try await report(store)
            #expect(found.findings == [])
            #expect((found.traces, found.events) == (10, 60))
        }
    }

    @Test(arguments: [
        ("trace.event-count", "UPDATE trace_rows SET event_count = 9 WHERE trace_id = 't120'"),
        ("trace.total-tokens", "UPDATE trace_rows SET total_tokens = 9 WHERE trace_id = 't120'"),
        ("trace.error-count", "UPDATE trace_rows SET error_count = 9 WHERE trace_id = 't120'"),
        ("trace.times", "UPDATE trace_rows SET first_event_at = '1999' WHERE trace_id = 't120'"),
        ("trace.times", "UPDATE trace_rows SET last_event_at = '1999' WHERE trace_id = 't120'"),
        ("trace.byte-count", "UPDATE trace_rows SET byte_count = 9 WHERE trace_id = 't120'"),
        ("trace.last-step", "UPDATE trace_rows SET last_step = 1 WHERE trace_id = 't120'"),
        ("trace.environment", "UPDATE trace_rows SET environment = 99 WHERE trace_id = 't120'"),
        ("event.environment", "UPDATE event_rows SET environment = 99 WHERE step_id = 1"),
        ("event.content", "UPDATE event_rows SET content = '{' WHERE step_id = 1"),
        ("event.metadata", "UPDATE event_rows SET metadata = 'x' WHERE step_id = 1"),
        ("event.type", "UPDATE event_rows SET event_type = 'x' WHERE step_id = 1"),
        ("name.step", "INSERT INTO name_rows (trace, name, step_id) SELECT min(key), 'n', 7 FROM trace_rows"),
        ("name.trace", "INSERT INTO name_rows (trace, name, step_id) VALUES (99999, 'n', 7)"),
        ("span.trace", "INSERT INTO span_rows (trace, span_id) VALUES (99999, 's')"),
        ("visit.trace", "UPDATE trace_agents SET trace = 99999 WHERE trace = (SELECT min(trace) FROM trace_agents)"),
        ("visit.missing", "DELETE FROM trace_agents WHERE trace = (SELECT min(trace) FROM trace_agents)"),
        ("agent.version", "UPDATE agents SET current_version_id = 'none'"),
        ("sum", "UPDATE sum_rows SET errors = errors + 1 WHERE period LIKE 'd%'"),
        ("sum", "DELETE FROM sum_rows WHERE period LIKE 'h%'"),
        ("environment.number", "UPDATE environments SET number = NULL WHERE name = 'SPARE'"),
    ])
    func whatDoesNotFitIsFound(code: String, sql: String) async throws {
        try await withStore { store, tenant in
            try await sample(store, tenant)
            try await store.createEnvironment(EnvironmentName(project: "default", environment: "SPARE"))
            try await store.pool.write { try $0.execute(sql: sql) }
            let found = try await report(store)
            #expect(found.findings.map(\.code).contains(code), "\(found.findings.prefix(3))")
        }
    }

    @Test func aFileIsCheckedWhileItIsInUseAndStaysAsItIs() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            try await sample(store, tenant)
            let found = try await StoreInspection.check(path: path) { _ in }
            #expect(found.isSound && found.isCurrent)
            #expect(found.version == Schema.migrator.migrations.last)
            try await store.close()
            // STO-37: without its log.
            try FileManager.default.copyItem(atPath: path, toPath: path + ".alone")
            #expect(try await StoreInspection.check(path: path + ".alone") { _ in }.events == 300)
        }
    }

    @Test func anEarlierVersionStaysOne() async throws {
        try await withDatabaseFile { path in
            let queue = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(queue, upTo: "11-limited-spans")
            try queue.close()
            let found = try await StoreInspection.check(path: path) { _ in }
            #expect(found.isSound && !found.isCurrent)
            #expect(found.version == "11-limited-spans")
            let copy = path + ".copy"
            let copied = try await SQLiteCopies.backUp(path, to: copy, isForced: false) { _ in }
            #expect(copied.version == "11-limited-spans")
            #expect(try await StoreInspection.check(path: path) { _ in }.version == "11-limited-spans")
        }
    }

    @Test(.enabled(if: PostgresPlace.isThere)) func aServerIsCheckedAsItIs() async throws {
        try await withPostgresURL { url in
            await #expect(throws: StoreError.self) { _ = try await StoreInspection.check(postgres: url) { _ in } }
            let store = try await DatabaseStore.open(postgres: url)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            try await sample(store, tenant)
            let found = try await StoreInspection.check(postgres: url) { _ in }
            #expect(found.isSound && found.events == 300)
            try await store.pool.write { try $0.execute(sql: "INSERT INTO whyops_migrations VALUES ('99-later')") }
            await #expect(throws: StoreError.self) { _ = try await StoreInspection.check(postgres: url) { _ in } }
            try await store.close()
        }
    }
}
