import Foundation
import Testing
import WhyOps

@testable import WhyOpsStore

/// EVT-18, EVT-54, ING-114 to ING-118: what one tenant stores does not fill the memory of lists.
@Suite struct TenantLimitTests {
    private func metadata(_ model: String, _ more: String = "") -> String {
        #"{"model":"\#(model)","provider":"\#(model)"\#(more)}"#
    }

    @Test(arguments: [
        (String(repeating: "m", count: 255), String(repeating: "m", count: 255)),
        (String(repeating: "m", count: 256), String(repeating: "m", count: 254) + "…"),
        (String(repeating: "🚀", count: 128), String(repeating: "🚀", count: 127) + "…"),
        ("m" + String(repeating: "🚀", count: 127), "m" + String(repeating: "🚀", count: 127)),
    ])
    func longNamesAreCutInColumnsAndNowhereElse(_ name: String, _ listed: String) async throws {
        try await withStore { store, tenant in
            let sent = event(
                .llmResponse,
                content: #"{"finishReason":"\#(name)"}"#,
                metadata: metadata(name)
            )
            _ = try await store.append([sent], tenant: tenant)
            let thread = try #require(
                try await store.threads(matching: ThreadQuery(page: PageRequest(limit: 1)), tenant: tenant).items.first
            )
            #expect(thread.model == listed)
            let page = PageRequest(limit: 1)
            let stored = try #require(
                try await store.events(matching: EventQuery(traceId: "trace", page: page), tenant: tenant).items.first
            )
            #expect(stored.facts.finishReason == listed)
            #expect(stored.event.metadata == sent.metadata)
            #expect(stored.event.content == sent.content)
            let usage = try await store.usage(matching: UsageQuery(), tenant: tenant)
            #expect(usage.map(\.model) == [listed])
            #expect(usage.map(\.provider) == [listed])
        }
    }

    /// ING-116
    @Test func listsOfDefinitionsEndEarly() async throws {
        try await withStore { store, tenant in
            var agentID = ""
            for number in 0..<10 {
                let prompt = "\(number)" + String(repeating: "x", count: 2_000_000)
                let body = #"{"agentName":"agent","metadata":{"systemPrompt":"\#(prompt)","tools":[]}}"#
                let request = try AgentRegistrationRequest(JSONDocument(Array(body.utf8)).root)
                agentID = try await store.registerAgent(request, tenant: tenant).agentID
            }
            let versions = try await store.versions(of: agentID, tenant: tenant)
            #expect(versions.map { $0.metadata != nil } == (0..<10).map { $0 < 8 })
            #expect(versions.allSatisfy { $0.definitionHash != nil })
            let bare = try await store.versions(of: agentID, parts: [], tenant: tenant)
            #expect(bare.allSatisfy { $0.metadata == nil })
            let last = try #require(versions.last)
            #expect(try await store.version(id: last.id, tenant: tenant)?.metadata?.count ?? 0 > 2_000_000)
            _ = try await store.append((0..<10).map { event(trace: "t\($0)") }, tenant: tenant)
            let query = ThreadQuery(page: PageRequest(limit: 10))
            let threads = try await store.threads(matching: query, tenant: tenant).items
            #expect(threads.filter { $0.agentMetadata != nil }.count == 8)
        }
    }

    /// ING-114: an event is stored whatever its agent looks like.
    @Test func observedDefinitionHasALimit() async throws {
        try await withStore { store, tenant in
            let prompt = String(repeating: "x", count: 3 << 20)
            _ = try await store.append([event(metadata: #"{"systemPrompt":"\#(prompt)"}"#)], tenant: tenant)
            let agent = try #require(try await store.agents(page: PageRequest(limit: 1), tenant: tenant).items.first)
            let definition = try JSONDocument(try #require(agent.current.metadata)).root
            #expect(definition["systemPrompt"]?.string == "(Auto-initialized from ingested trace event)")
        }
    }

    /// ING-115
    @Test func versionsHaveALimit() async throws {
        try await withStore { store, tenant in
            func register(_ prompt: String) async throws -> AgentRegistration {
                let body = #"{"agentName":"agent","metadata":{"systemPrompt":"\#(prompt)","tools":[]}}"#
                let request = try AgentRegistrationRequest(JSONDocument(Array(body.utf8)).root)
                return try await store.registerAgent(request, tenant: tenant)
            }
            let first = try await register("one")
            try await store.pool.write { database in
                let statement = try database.makeStatement(
                    sql: """
                        INSERT INTO agent_versions (id, agent_id, hash, metadata, created_at) VALUES (?, ?, ?, '{}', '2026')
                        """
                )
                for number in 2...DefinitionLimits.versions {
                    try statement.execute(arguments: ["v\(number)", first.agentID, "h\(number)"])
                }
            }
            let error = await #expect(throws: StoreError.self) { try await register("two") }
            #expect(error?.code == .versionLimit)
            #expect(try await register("one").isNew == false)
        }
    }

    /// ING-118
    @Test func pagesGoOnAsLongAsThereIsMore() async throws {
        try await withStore { store, tenant in
            _ = try await store.append((0..<5).map { event(trace: "t\($0)") }, tenant: tenant)
            var seen: [String] = []
            for (offset, hasMore) in [(0, true), (2, true), (4, false)] {
                let query = ThreadQuery(page: PageRequest(limit: 2, offset: offset))
                let page = try await store.threads(matching: query, tenant: tenant)
                #expect(page.total == 5)
                #expect(page.hasMore == hasMore)
                seen += page.items.map(\.traceId)
            }
            // All of one moment, so by id.
            #expect(seen == ["t0", "t1", "t2", "t3", "t4"])
        }
    }

    /// The names of exchanges cost no event, whatever is in them.
    @Test func namesWithNulAreNoNames() async throws {
        try await withStore { store, tenant in
            let sent = event(.llmResponse, metadata: #"{"stitch":{"names":["a\u0000b","c"],"parents":["\u0000"]}}"#)
            #expect(try await store.append([sent], tenant: tenant).map(\.status) == [.saved])
            let found = try await store.searchThreads(
                "\0",
                matching: ThreadQuery(page: PageRequest(limit: 9)),
                tenant: tenant
            )
            #expect(found.page.items.count == 0)
        }
    }

    /// ING-10: whoever asks for what cannot be read now is told to come again.
    @Test func readsOfAClosedStoreAreUnavailable() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            try await store.close()
            let echo = try #require(EchoID(.toolCall, "call-1"))
            for read: @Sendable () async throws -> Void in [
                { _ = try await store.traces(of: [echo], tenant: tenant) },
                { _ = try await store.lineages([echo], tenant: tenant) },
                { _ = try await store.threads(matching: ThreadQuery(page: PageRequest(limit: 1)), tenant: tenant) },
            ] {
                let error = await #expect(throws: StoreError.self) { try await read() }
                #expect(error?.code == .unavailable)
            }
        }
    }

    /// What is added up and listed is read from indexes alone, whatever the events hold beside it.
    @Test(arguments: [
        (
            "SELECT id FROM event_rows r WHERE r.environment = 1 ORDER BY r.timestamp DESC, r.step_id DESC, r.id DESC LIMIT 5 OFFSET 9",
            "COVERING INDEX event_rows_by_time"
        ),
        (
            "SELECT sum(e.total_tokens), e.model FROM event_rows e WHERE e.environment = 1 AND \(SchemaOfLimits.isUse) GROUP BY 2",
            "COVERING INDEX event_rows_by_use"
        ),
        (
            "SELECT t.key FROM trace_rows t WHERE t.environment = 1 ORDER BY t.last_activity DESC, t.trace_id LIMIT 5 OFFSET 9",
            "COVERING INDEX trace_rows_by_activity"
        ),
        (
            "SELECT t.key FROM trace_rows t WHERE t.environment = 1 AND t.external_user_id = 'u' ORDER BY t.last_activity DESC, t.trace_id LIMIT 5",
            "COVERING INDEX trace_rows_by_user"
        ),
        (
            "SELECT agent_number FROM trace_rows WHERE environment = 1 AND agent_id = 'a' AND created_at <= '9' AND agent_number IS NOT NULL ORDER BY created_at DESC, agent_number DESC LIMIT 1",
            "COVERING INDEX trace_rows_by_agent"
        ),
        (
            "SELECT version_number FROM trace_rows WHERE environment = 1 AND agent_version_id = 'a' AND created_at <= '9' AND version_number IS NOT NULL ORDER BY created_at DESC, version_number DESC LIMIT 1",
            "COVERING INDEX trace_rows_by_version"
        ),
    ])
    func figuresAreInIndexes(_ sql: String, _ index: String) async throws {
        try await withDatabaseFile { path in
            // The figures that the planner goes by are read when a connection is opened.
            try await SQLiteStore.open(path: path).close()
            let store = try await SQLiteStore.open(path: path)
            let plan = try await store.pool.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] as String }
            }
            #expect(plan.contains { $0.contains(index) }, "\(plan)")
            #expect(!plan.contains { $0.contains("TEMP B-TREE FOR ORDER") }, "\(plan)")
            try await store.close()
        }
    }
}
