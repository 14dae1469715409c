import GRDB
import Testing
import WhyOps

@testable import WhyOpsStore

/// Databases of earlier versions are brought up to date with all that they hold.
@Suite struct MigrationTests {
    private static let key = "YOPS-test-key-0001"

    /// A database as an earlier version left it.
    private func makeDatabase(at path: String, version: String, holding sql: String = "") throws {
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(queue, upTo: version)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test(arguments: [
        "1-events", "2-stitch-links", "3-signing-keys", "4-stitch-names", "5-tenants", "6-numbers", "7-tenancy",
        "8-ingest", "9-signature-rules", "10-dead-letters", "11-limited-spans", "12-reading", "13-retention",
        "14-limits", "15-use-without-list",
    ])
    func databaseOfAnyVersionIsOpened(version: String) async throws {
        try await withDatabaseFile { path in
            try makeDatabase(at: path, version: version)
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey(Self.key)
            let saved = try await store.append([event()], tenant: tenant)
            #expect(saved.map(\.stepId) == [1])
            try await store.close()
        }
    }

    @Test func whatAnEarlierVersionStoredIsThere() async throws {
        try await withDatabaseFile { path in
            try makeDatabase(at: path, version: "5-tenants", holding: Self.rows)
            let store = try await SQLiteStore.open(path: path)
            let tenant = try #require(try await store.tenant(forKey: Self.key))

            let detail = try #require(try await store.thread("t-1", events: PageRequest(limit: 10), tenant: tenant))
            #expect(detail.entries.map(\.stored.id) == ["id-1", "id-2"])
            #expect(detail.entries.map(\.stored.event.content) == [Array("{\"n\":1.10}".utf8), nil])
            #expect(detail.thread.eventCount == 2)
            #expect(detail.totalTokens == 30)
            // What the step of reading works out: agents, and what metadata names.
            let usage = try await store.usage(matching: UsageQuery(), tenant: tenant)
            #expect(usage.map(\.provider) == ["p"])
            #expect(usage.map(\.accounting) == ["exclusive"])
            // What the step of sums has added up.
            #expect(try await store.pool.read { try SumCheck(database: $0).differences() } == [])
            var byAgent = ThreadQuery(agentName: "agent", page: PageRequest(limit: 9))
            byAgent.agentVersionID = "v-1"
            #expect(try await store.threads(matching: byAgent, tenant: tenant).items.map(\.traceId) == ["t-1"])
            #expect(try await store.agents(page: PageRequest(limit: 9), tenant: tenant).items.first?.lastActive != nil)
            // The other environment has a trace of the same id, which stays its own.
            let other = Tenant(projectID: "p", environmentID: "e-2", environmentName: "STAGING", keyID: "")
            let theirs = try #require(try await store.thread("t-1", events: PageRequest(limit: 10), tenant: other))
            #expect(theirs.entries.map(\.stored.id) == ["id-3"])
            // Traces got their totals, and agents keep all of theirs.
            let query = ThreadQuery(page: PageRequest(limit: 9))
            for (tenant, totals) in [(tenant, [30, 0]), (other, [0, 1])] {
                let thread = try #require(try await store.threads(matching: query, tenant: tenant).items.first)
                #expect([thread.totalTokens, thread.errorCount] == totals)
                let agents = try await store.agents(page: PageRequest(limit: 9), tenant: tenant).items
                #expect(agents.map(\.current.samplingRate) == [1])
            }
            // The key of the first event, its step and its names are taken.
            let repeated = try await store.append([repeatedEvent], tenant: tenant)
            #expect(repeated.map(\.status) == [.skipped])
            #expect(repeated.map(\.id) == ["id-1"])
            let next = try await store.append([event(trace: "t-1")], tenant: tenant)
            #expect(next.map(\.stepId) == [3])
            let echo = try #require(EchoID(.toolCall, "call-1"))
            #expect(try await store.traces(of: [echo], tenant: tenant) == [echo: try #require(TraceID("t-1"))])
            #expect(try await store.traces(of: [echo], tenant: other).isEmpty)
            let names = try await store.pool.read { database in
                try String.fetchAll(database, sql: "SELECT name FROM name_rows ORDER BY name")
            }
            #expect(names == ["reply:r-1", "span:s-1"])
            try await store.close()
        }
    }

    @Test func deadLettersThatWereThereCameInNoSpecialWay() async throws {
        try await withDatabaseFile { path in
            let letter = """
                INSERT INTO dead_letters (id, environment_id, source, code, message, details, attempts, event, created_at,
                updated_at) VALUES ('l-1', 'e-1', 'ingest', 'invalid', 'why', '[]', 1, CAST('{}' AS BLOB), '', '');
                """
            try makeDatabase(at: path, version: "8-ingest", holding: Self.tenants + letter)
            let store = try await SQLiteStore.open(path: path)
            let tenant = try #require(try await store.tenant(forKey: Self.key))
            let stored = try await store.deadLetter(id: "l-1", tenant: tenant)?.letter
            #expect(stored?.sending == DeadLetter.Sending())
            #expect(stored?.event == Array("{}".utf8))
            try await store.close()
        }
    }

    /// The step of limits cuts the names that lists are made of, hashes nothing and numbers what was begun.
    @Test func longNamesThatWereThereAreCut() async throws {
        try await withDatabaseFile { path in
            let name = String(repeating: "m", count: 100_000)
            let rows = """
                INSERT INTO agents (id, environment_id, name, current_version_id, created_at, updated_at)
                    VALUES ('a-1', 'e-1', 'agent', 'v-1', '\(Self.time)', '\(Self.time)');
                INSERT INTO agent_versions (id, agent_id, hash, metadata, created_at)
                    VALUES ('v-1', 'a-1', 'h', '{"systemPrompt":"x","tools":[]}', '\(Self.time)');
                INSERT INTO trace_rows (key, environment, trace_id, agent_id, agent_version_id, model, last_step, event_count,
                    first_event_at, last_event_at, created_at, last_activity) SELECT 1, number, 't-1', 'a-1', 'v-1',
                    '\(name)', 1, 1, '\(Self.time)', '\(Self.time)', '\(Self.time)', '\(Self.time)'
                    FROM environments WHERE id = 'e-1';
                INSERT INTO event_rows (trace, environment, step_id, id, event_type, span_id, timestamp, agent_id,
                    agent_version_id, agent_name, created_at, metadata, model, provider, finish_reason)
                    SELECT 1, number, 1, 'id-1', 'llm_response', 's', '\(Self.time)', 'a-1', 'v-1', 'agent', '\(Self.time)',
                    '{"model":"\(name)"}', '\(name)', 'p', '\(name)' FROM environments WHERE id = 'e-1';
                """
            try makeDatabase(at: path, version: "12-reading", holding: Self.numberedTenants + rows)
            let store = try await SQLiteStore.open(path: path)
            let tenant = try #require(try await store.tenant(forKey: Self.key))
            let listed = String(repeating: "m", count: 254) + "…"
            let detail = try #require(try await store.thread("t-1", events: PageRequest(limit: 1), tenant: tenant))
            #expect(detail.thread.model == listed)
            #expect(detail.entries.map(\.stored.facts.model) == [listed])
            #expect(detail.entries.map(\.stored.facts.finishReason) == [listed])
            #expect(detail.entries.first?.stored.event.metadata?.count == name.utf8.count + 12)
            let usage = try await store.usage(matching: UsageQuery(), tenant: tenant)
            #expect(usage.map(\.provider) == ["p"])
            let version = try #require(try await store.versions(of: "a-1", tenant: tenant).first)
            #expect(version.definitionHash?.hasPrefix("sha256:") == true)
            let numbers = try await store.pool.read { database in
                try Row.fetchOne(database, sql: "SELECT agent_number, version_number FROM trace_rows").map {
                    [$0[0] as Int, $0[1] as Int]
                }
            }
            #expect(numbers == [1, 1])
            try await store.close()
        }
    }

    /// The environments with the numbers that they have since the step of these.
    private static var numberedTenants: String { tenants + "UPDATE environments SET number = rowid;" }

    /// Whatever else is in its environment, a trace costs what it is long.
    @Test(arguments: [
        ("environment_id = 'e' AND trace_id = 't' ORDER BY timestamp", "event_rows_2 (trace=?)"),
        ("environment_id = 'e' AND trace_id = 't' AND step_id = 3", "event_rows_2 (trace=? AND step_id=?)"),
        ("environment_id = 'e' AND id = 'x'", "event_rows_1 (id=?)"),
        ("environment_id = 'e' ORDER BY timestamp DESC LIMIT 5", "event_rows_by_time (environment=?)"),
        ("environment_id = 'e' AND provider_id = 'p' ORDER BY timestamp DESC LIMIT 5", "event_rows_by_provider"),
        ("environment_id = 'e' AND timestamp > '2026'", "event_rows_by_time (environment=? AND timestamp>?)"),
    ])
    func eventsAreFoundByTheIndexOfWhatIsAsked(condition: String, index: String) async throws {
        // The figures that the planner goes by are read when a connection is opened.
        try await withDatabaseFile { path in
            try await SQLiteStore.open(path: path).close()
            let store = try await SQLiteStore.open(path: path)
            let plan = try await store.pool.read { database in
                try WhyOpsStore.Row.fetchAll(
                    database,
                    sql: "EXPLAIN QUERY PLAN SELECT * FROM events WHERE \(condition)"
                )
                .map { $0["detail"] as String }
            }
            #expect(plan.contains { $0.contains(index) }, "\(plan)")
            try await store.close()
        }
    }

    private var repeatedEvent: Event {
        Event(
            eventType: .userMessage,
            traceId: "t-1",
            agentName: "agent",
            content: Array("{\"n\":1.10}".utf8),
            idempotencyKey: "k-1"
        )
    }

    private static let time = "2026-01-02T03:04:05.678Z"

    /// Two environments of a project, with a key to the first.
    private static var tenants: String {
        let hash = SHA256.hex(of: Array(key.utf8))
        return """
            INSERT INTO projects (id, name, created_at) VALUES ('p', 'shop', '\(time)');
            INSERT INTO environments (id, project_id, name, created_at) VALUES ('e-1', 'p', 'PRODUCTION', '\(time)'), ('e-2', 'p', 'STAGING', '\(time)');
            INSERT INTO api_keys (id, sha256, environment_id, created_at) VALUES ('k', '\(hash)', 'e-1', '\(time)');

            """
    }

    /// Each of the environments has a trace `t-1`.
    private static var rows: String {
        let print = EventFingerprint(
            Event(eventType: .userMessage, traceId: "t-1", agentName: "agent", idempotencyKey: "k-1")
        ).text
        let metadata = #"{"provider":"p","usage":{"cache_read_input_tokens":1}}"#
        let columns = """
            environment_id, trace_id, step_id, id, event_type, span_id, timestamp, agent_id, agent_version_id, agent_name,
            idempotency_key, fingerprint, content, metadata, total_tokens, created_at
            """
        return tenants + """
            INSERT INTO agents VALUES ('a-1', 'e-1', 'agent', 'v-1', '\(time)', '\(time)'),
                ('a-2', 'e-2', 'agent', 'v-2', '\(time)', '\(time)');
            INSERT INTO agent_versions VALUES ('v-1', 'a-1', 'h', '{}', '\(time)'), ('v-2', 'a-2', 'h', '{}', '\(time)');
            INSERT INTO traces (environment_id, trace_id, agent_id, agent_version_id, last_step, event_count,
                first_event_at, last_event_at, created_at, last_activity) VALUES
                ('e-1', 't-1', 'a-1', 'v-1', 2, 2, '\(time)', '\(time)', '\(time)', '\(time)'),
                ('e-2', 't-1', 'a-2', 'v-2', 1, 1, '\(time)', '\(time)', '\(time)', '\(time)');
            INSERT INTO events (\(columns)) VALUES
                ('e-1', 't-1', 1, 'id-1', 'user_message', 's-1', '\(time)', 'a-1', 'v-1', 'agent',
                    'k-1', '\(print)', '{"n":1.10}', NULL, NULL, '\(time)'),
                ('e-1', 't-1', 2, 'id-2', 'llm_response', 's-1', '\(time)', 'a-1', 'v-1', 'agent',
                    NULL, NULL, NULL, '\(metadata)', 30, '\(time)'),
                ('e-2', 't-1', 1, 'id-3', 'error', 's-1', '\(time)', 'a-2', 'v-2', 'agent',
                    NULL, NULL, NULL, NULL, NULL, '\(time)');
            INSERT INTO stitch_names VALUES ('e-1', 't-1', 'span:s-1', 1), ('e-1', 't-1', 'reply:r-1', 2);
            INSERT INTO stitch_links VALUES
                ('e-1', '\(EchoID.Kind.toolCall.rawValue)', 'call-1', 't-1', 0, unixepoch());
            """
    }

    /// A server's tables are made at once, under the name of the step that leaves a file in the same state.
    @Test func enginesAreAtTheSameState() {
        #expect(PostgresSchema.migrations.last?.name == Schema.migrator.migrations.last)
    }
}
