import GRDB
import Testing
import WhyOps

@testable import WhyOpsStore

/// What every store has to do for ingest; nothing here knows which one it is but where it comes from.
@Suite struct IngestStoreTests {
    private func withAny(_ body: (any IngestStore, Tenant, Tenant) async throws -> Void) async throws {
        try await withStore { store, tenant in
            let other = try await store.bootstrapKey("YOPS-test-key-0002", environment: "STAGING")
            try await body(store, tenant, other)
        }
    }

    private func request(_ prompt: String) throws -> AgentRegistrationRequest {
        let body = #"{"agentName":"agent","metadata":{"systemPrompt":"\#(prompt)","tools":[]}}"#
        return try AgentRegistrationRequest(JSONDocument(Array(body.utf8)).root)
    }

    private func reply(_ trace: String, _ model: String, tokens: Int, at time: String, user: String? = nil) -> Event {
        var event = event(
            .llmResponse,
            trace: trace,
            timestamp: time,
            metadata: #"{"model":"\#(model)","provider":"p","latencyMs":10,"usage":{"totalTokens":\#(tokens)}}"#
        )
        event.externalUserId = user
        return event
    }

    // MARK: Agents

    @Test func versionsStandNewestFirstAndOneIsCurrent() async throws {
        try await withAny { store, tenant, other in
            let first = try await store.registerAgent(request("A"), tenant: tenant)
            let second = try await store.registerAgent(request("B"), tenant: tenant)
            let versions = try await store.versions(of: first.agentID, tenant: tenant)
            #expect(versions.map(\.id) == [second.agentVersionID, first.agentVersionID])
            #expect(versions.map(\.isCurrent) == [true, false])
            let before = try await store.activateVersion(
                first.agentVersionID,
                of: first.agentID,
                tenant: tenant
            )
            #expect(before?.id == second.agentVersionID)
            #expect(try await store.version(id: first.agentVersionID, tenant: tenant)?.isCurrent == true)
            // Somebody else's are none.
            #expect(try await store.versions(of: first.agentID, tenant: other).isEmpty)
            #expect(try await store.version(id: first.agentVersionID, tenant: other) == nil)
            let foreign = try await store.activateVersion(second.agentVersionID, of: first.agentID, tenant: other)
            #expect(foreign == nil)
            #expect(try await store.deleteAgent(id: first.agentID, tenant: other) == nil)
            let change = AgentSettingsChange(samplingRate: 0)
            #expect(try await store.setAgentSettings(change, of: first.agentID, tenant: other) == nil)
        }
    }

    @Test func agentsAreCountedInTheirEnvironment() async throws {
        try await withAny { store, tenant, other in
            _ = try await store.append([event(trace: "x"), event(.error, trace: "y")], tenant: tenant)
            _ = try await store.append([event(trace: "z")], tenant: other)
            let agents = try await store.agents(page: PageRequest(limit: 9), tenant: tenant)
            #expect(agents.total == 1)
            let agent = try #require(agents.items.first)
            #expect([agent.traceCount, agent.recentEvents, agent.recentErrors] == [2, 2, 1])
            #expect(agent.lastActive != nil)
        }
    }

    @Test func deletedAgentLeavesNothingAndItsNameIsFree() async throws {
        try await withAny { store, tenant, other in
            let agent = try await store.registerAgent(request("secret words"), tenant: tenant)
            _ = try await store.append((0..<250).map { event(trace: "t\($0)") }, tenant: tenant)
            _ = try await store.append([event(trace: "shared", agent: "b"), event(trace: "shared")], tenant: tenant)
            _ = try await store.append([event(trace: "t0")], tenant: other)
            let deletion = try await store.deleteAgent(id: agent.agentID, tenant: tenant)
            #expect(deletion == AgentDeletion(events: 251, traces: 250, versions: 1))
            let left = try await store.threads(matching: ThreadQuery(page: PageRequest(limit: 9)), tenant: tenant)
            #expect(left.items.map(\.traceId) == ["shared"])
            #expect(left.items.map(\.eventCount) == [1])
            #expect(try await store.agent(id: agent.agentID, tenant: tenant) == nil)
            #expect(try await store.version(id: agent.agentVersionID, tenant: tenant) == nil)
            #expect(try await store.thread("t0", events: PageRequest(limit: 9), tenant: other) != nil)
            let again = try await store.registerAgent(request("secret words"), tenant: tenant)
            #expect(again.agentID != agent.agentID)
            #expect(again.isNew)
        }
    }

    // MARK: Figures

    @Test func usageIsGroupedByModelAndTime() async throws {
        try await withAny { store, tenant, other in
            let events = [
                reply("a", "m1", tokens: 1, at: "2026-03-01T10:00:00.000Z", user: "u"),
                reply("a", "m1", tokens: 2, at: "2026-03-02T10:00:00.000Z"),
                reply("b", "m2", tokens: 4, at: "2026-03-09T10:00:00.000Z"),
            ]
            _ = try await store.append(events, tenant: tenant)
            _ = try await store.append([reply("a", "m1", tokens: 8, at: "2026-03-01T10:00:00.000Z")], tenant: other)
            let models = try await store.usage(matching: UsageQuery(), tenant: tenant)
            #expect(models.map(\.model) == ["m1", "m2"])
            #expect(models.map(\.provider) == ["p", "p"])
            #expect(models.map(\.facts.totalTokens) == [3, 4])
            // The first of March 2026 is a Sunday.
            let weeks = try await store.usage(matching: UsageQuery(grouping: .time(.week)), tenant: tenant)
            #expect(weeks.map(\.group) == ["2026-02-23", "2026-03-02", "2026-03-09"])
            let users = try await store.usage(matching: UsageQuery(grouping: .user), tenant: tenant)
            #expect(users.map(\.group) == [nil, "u"])
            var day = UsageQuery()
            day.startDate = Timestamp("2026-03-02T00:00:00Z")
            day.endDate = Timestamp("2026-03-02T23:59:59.999Z")
            #expect(try await store.usage(matching: day, tenant: tenant).map(\.requestCount) == [1])
            #expect(try await store.threadCount(matching: UsageQuery(), tenant: tenant) == 2)
        }
    }

    @Test(arguments: [#"{"provider":5}"#, #"{"provider":{"a":"\ud800"}}"#, #"{"usage":[1]}"#, #"{"provider":null}"#])
    func metadataOfAnyShapeFailsNoQuery(_ metadata: String) async throws {
        try await withAny { store, tenant, _ in
            _ = try await store.append([event(.error, metadata: metadata)], tenant: tenant)
            let rows = try await store.usage(matching: UsageQuery(), tenant: tenant)
            #expect(rows.map(\.provider) == [nil])
            #expect(rows.map(\.errorCount) == [1])
        }
    }

    @Test func usersAreAddedUp() async throws {
        try await withAny { store, tenant, _ in
            let events = [
                reply("a", "m", tokens: 1, at: "2026-03-01T10:00:00.000Z", user: "u"), event(.error, trace: "a"),
                reply("b", "m", tokens: 2, at: "2026-03-01T10:00:00.000Z", user: "u"), event(trace: "c"),
            ]
            _ = try await store.append(events, tenant: tenant)
            let query = UserQuery(page: PageRequest(limit: 9))
            let users = try await store.users(matching: query, tenant: tenant)
            #expect(users.total == 2)
            #expect(users.items.map(\.externalUserId) == ["u", nil])
            let first = try #require(users.items.first)
            #expect([first.traceCount, first.eventCount, first.totalTokens, first.errorCount] == [2, 3, 3, 1])
        }
    }

    // MARK: Threads

    @Test func searchFindsWhatIsThereAndSaysHowFarItLooked() async throws {
        try await withAny { store, tenant, other in
            let content = [#"{"t":"needle 100%"}"#, #"{"t":"needle 100x"}"#]
            _ = try await store.append(
                [event(trace: "a", content: content[0]), event(trace: "b", content: content[1])],
                tenant: tenant
            )
            _ = try await store.append([event(trace: "c", content: content[0])], tenant: other)
            let query = ThreadQuery(page: PageRequest(limit: 9))
            let found = try await store.searchThreads("NEEDLE 100%", matching: query, tenant: tenant)
            #expect(found.page.items.map(\.traceId) == ["a"])
            #expect(found.searched == 2)
            #expect(found.isComplete)
            let both = try await store.searchThreads("needle", matching: query, tenant: tenant)
            #expect(both.page.total == 2)
        }
    }

    @Test func changesStandOldestFirst() async throws {
        try await withAny { store, tenant, other in
            for trace in ["a", "b", "c", "a"] { _ = try await store.append([event(trace: trace)], tenant: tenant) }
            _ = try await store.append([event(trace: "x")], tenant: other)
            let start = Timestamp(milliseconds: 0)
            let all = try await store.changedThreads(since: start, limit: 9, tenant: tenant)
            #expect(Set(all.map(\.traceId)) == ["a", "b", "c"])
            #expect(all.map(\.lastActivity) == all.map(\.lastActivity).sorted())
            let newest = try await store.changedThreads(since: start, limit: 1, tenant: tenant)
            #expect(newest.map(\.lastActivity) == [all.last?.lastActivity])
            let future = try #require(Timestamp("2999-01-01T00:00:00Z"))
            #expect(try await store.changedThreads(since: future, limit: 9, tenant: tenant).isEmpty)
        }
    }
}

/// What a database of an earlier version has is counted when it is brought up to date.
@Suite struct IngestMigrationTests {
    @Test func tracesGetTheirTotals() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            let usage = #"{"model":"m","provider":"p","usage":{"totalTokens":7}}"#
            _ = try await store.append([event(.llmResponse, metadata: usage), event(.error)], tenant: tenant)
            // As it was before there were totals.
            try await store.pool.write { database in
                for table in ["sampled_out", "idempotent_requests", "dead_letters"] {
                    try database.execute(sql: "DROP TABLE \(table)")
                }
                try database.execute(
                    sql: """
                        DROP INDEX trace_rows_by_agent;
                        DROP VIEW traces;
                        ALTER TABLE trace_rows DROP COLUMN total_tokens;
                        ALTER TABLE trace_rows DROP COLUMN error_count;
                        ALTER TABLE agents DROP COLUMN max_traces; ALTER TABLE agents DROP COLUMN max_spans;
                        ALTER TABLE agents DROP COLUMN deleted_at;
                        ALTER TABLE agent_versions DROP COLUMN sampling_rate;
                        ALTER TABLE agent_versions DROP COLUMN updated_at;
                        DELETE FROM grdb_migrations WHERE identifier = '8-ingest';
                        """
                )
            }
            try await store.close()
            let again = try await SQLiteStore.open(path: path)
            let query = ThreadQuery(page: PageRequest(limit: 9))
            let thread = try #require(try await again.threads(matching: query, tenant: tenant).items.first)
            #expect([thread.totalTokens, thread.errorCount] == [7, 1])
            let agent = try #require(try await again.agents(page: PageRequest(limit: 9), tenant: tenant).items.first)
            #expect(agent.current.samplingRate == 1)
            try await again.close()
        }
    }
}
