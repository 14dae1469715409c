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

    /// What others have stored in a trace is as if the agent had never been there.
    @Test func deletedAgentLeavesNothingInTracesOfOthers() async throws {
        try await withStore { store, tenant in
            func reply(_ agent: String, _ model: String, _ user: String?, at time: String) -> Event {
                let stitch = #""stitch":{"names":["\#(agent)-\#(model)"],"parents":[]}"#
                var event = event(
                    .llmResponse,
                    agent: agent,
                    timestamp: time,
                    metadata: #"{"model":"\#(model)","provider":"p",\#(stitch)}"#
                )
                event.externalUserId = user
                event.providerId = user.map { "provider of \($0)" }
                return event
            }
            let events = [
                reply("b", "m-1", nil, at: "2026-01-02T00:00:00.000Z"),
                reply("agent", "m-2", "bob", at: "2025-01-01T00:00:00.000Z"),
                reply("b", "m-3", "eve", at: "2026-01-03T00:00:00.000Z"),
                reply("agent", "m-4", nil, at: "2027-01-01T00:00:00.000Z"),
            ]
            _ = try await store.append(events, tenant: tenant)
            let letters = ["agent", "b"].map { agent in
                DeadLetter(
                    source: .ingest,
                    reason: DeadLetter.Reason(.invalid, "why"),
                    eventType: nil,
                    traceId: nil,
                    agentName: agent,
                    event: Array("{}".utf8)
                )
            }
            _ = try await store.insertDeadLetters(letters, tenant: tenant)
            let agents = try await store.agents(page: PageRequest(limit: 9), tenant: tenant).items
            let id = try #require(agents.first { $0.name == "agent" }?.id)
            #expect(try await store.deleteAgent(id: id, tenant: tenant)?.events == 2)
            let query = ThreadQuery(page: PageRequest(limit: 9))
            let left = try #require(try await store.threads(matching: query, tenant: tenant).items.first)
            #expect([left.externalUserId, left.providerId, left.model] == ["eve", "provider of eve", "m-3"])
            #expect(left.firstEventAt == "2026-01-02T00:00:00.000Z")
            #expect(left.lastEventAt == "2026-01-03T00:00:00.000Z")
            let names = try await store.pool.read { database in
                try String.fetchAll(
                    database,
                    sql: "SELECT name FROM name_rows WHERE name NOT LIKE 'span:%' ORDER BY name"
                )
            }
            #expect(names == ["b-m-1", "b-m-3"])
            let kept = try await store.deadLetters(page: PageRequest(limit: 9), tenant: tenant)
            #expect(kept.items.map(\.letter.agentName) == ["b"])
        }
    }

    @Test func eventsThatComeDuringADeletionAreNotTheAgents() async throws {
        try await withAny { store, tenant, _ in
            let traces = (0..<300).map { "t\($0)" }
            _ = try await store.append(traces.map { event(trace: "b-" + $0, agent: "b") }, tenant: tenant)
            _ = try await store.append(traces.map { event(trace: $0) }, tenant: tenant)
            let agents = try await store.agents(page: PageRequest(limit: 9), tenant: tenant).items
            let id = try #require(agents.first { $0.name == "agent" }?.id)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for trace in traces {
                    group.addTask { _ = try await store.append([event(trace: "b-" + trace)], tenant: tenant) }
                }
                group.addTask { _ = try await store.deleteAgent(id: id, tenant: tenant) }
                try await group.waitForAll()
            }
            let query = EventQuery(page: PageRequest(limit: 1000))
            let events = try await store.events(matching: query, tenant: tenant).items
            #expect(!events.contains { $0.agentID == id })
            #expect(events.filter { $0.event.agentName == "b" }.count == 300)
            #expect(try await store.deleteAgent(id: id, tenant: tenant) == nil)
        }
    }

    /// As after a crash in the middle: the name is free, and the rest is still there.
    @Test func deletionThatWasCutOffCanBeAskedForAgain() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(agent: "b"), event()], tenant: tenant)
            let agents = try await store.agents(page: PageRequest(limit: 9), tenant: tenant).items
            let id = try #require(agents.first { $0.name == "agent" }?.id)
            try await store.pool.write { try AgentRows.freeName(of: id, $0) }
            #expect(try await store.agent(id: id, tenant: tenant) == nil)
            let deletion = try await store.deleteAgent(id: id, tenant: tenant)
            #expect(deletion == AgentDeletion(events: 1, traces: 0, versions: 1))
            #expect(try await store.deleteAgent(id: id, tenant: tenant) == nil)
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

    /// ING-63, also at the ends of what an event's time may be.
    @Test func weeksOfTheFirstAndTheLastYear() async throws {
        let days = [
            "0000-01-02": "0000-01-01", "0000-01-09": "0000-01-03", "0000-02-29": "0000-02-28",
            "0000-12-31": "0000-12-25", "0001-01-01": "0001-01-01", "9999-12-31": "9999-12-27",
        ]
        try await withAny { store, tenant, _ in
            let events = days.keys.map { reply("a", "m1", tokens: 1, at: "\($0)T10:00:00.000Z") }
            _ = try await store.append(events, tenant: tenant)
            let weeks = try await store.usage(matching: UsageQuery(grouping: .time(.week)), tenant: tenant)
            #expect(weeks.map(\.group) == days.values.sorted())
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

    /// ING-61: what one call says of its cache takes nothing from another one.
    @Test func tokensArePaidCallByCall() async throws {
        try await withAny { store, tenant, _ in
            let usages = [
                #"{"promptTokens":1000,"cacheReadTokens":400}"#, #"{"promptTokens":100,"cacheReadTokens":400}"#,
                #"{"promptTokens":10,"cacheCreationTokens":4,"cacheWrite1hTokens":9}"#,
            ]
            let events = usages.map { event(.llmResponse, metadata: #"{"model":"m","usage":\#($0)}"#) }
            _ = try await store.append(events, tenant: tenant)
            let rows = try await store.usage(matching: UsageQuery(), tenant: tenant)
            let row = try #require(rows.first)
            #expect(rows.count == 1)
            #expect([row.inclusive.uncached, row.exclusive.uncached, row.shortCacheWrites] == [701, 1110, 0])
        }
    }

    /// ING-93
    @Test func callsAreCountedApartByTheLengthOfTheirPrompts() async throws {
        try await withAny { store, tenant, _ in
            let usages = [
                #"{"promptTokens":100}"#, #"{"promptTokens":101}"#, #"{"promptTokens":60,"cacheReadTokens":50}"#,
            ]
            let events = usages.map { event(.llmResponse, metadata: #"{"model":"m","usage":\#($0)}"#) }
            _ = try await store.append(events, tenant: tenant)
            var query = UsageQuery()
            query.promptLengths = [50, 100]
            let rows = try await store.usage(matching: query, tenant: tenant)
            let lengths = rows.map { [$0.inclusive.length, $0.exclusive.length, $0.requestCount] }
            #expect(Set(lengths) == [[50, 50, 1], [100, 100, 1], [50, 100, 1]])
        }
    }

    @Test(arguments: [
        (#"{"cache_read_input_tokens":1}"#, "exclusive"), (#"{"prompt_tokens_details":{}}"#, "inclusive"),
        (#"{"input_tokens_details":{}}"#, "inclusive"), (#"{"promptTokens":1}"#, nil),
        (#"{"cacheAccounting":"inclusive","cache_read_input_tokens":1}"#, "inclusive"),
    ])
    func namesTellHowCachedTokensAreCounted(_ usage: String, _ accounting: String?) async throws {
        try await withAny { store, tenant, _ in
            _ = try await store.append([event(.llmResponse, metadata: #"{"usage":\#(usage)}"#)], tenant: tenant)
            #expect(try await store.usage(matching: UsageQuery(), tenant: tenant).map(\.accounting) == [accounting])
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

    @Test func onlyWhatIsWantedIsRead() async throws {
        try await withAny { store, tenant, _ in
            let whole = event(trace: "a", content: "{}", metadata: #"{"tool":"t","stitch":{"links":["x"]}}"#)
            _ = try await store.append([whole], tenant: tenant)
            for parts in [[], .content, .metadata, .all] as [EventParts] {
                let page = PageRequest(limit: 9, parts: parts)
                let detail = try await store.thread("a", events: page, tenant: tenant)
                let list = try await store.events(matching: EventQuery(page: page), tenant: tenant)
                for event in [detail?.entries.first?.stored.event, list.items.first?.event] {
                    #expect((event?.content != nil) == parts.contains(.content))
                    #expect((event?.metadata != nil) == parts.contains(.metadata))
                }
            }
            let query = GraphQuery(limit: 9)
            let step = try #require(try await store.graphEvents(of: "a", matching: query, tenant: tenant)?.events.first)
            #expect(step.tool == "t")
            #expect(step.links == ["x"])
            #expect(step.stored.event.metadata == nil)
        }
    }

    @Test func definitionIsReadWhereItIsWanted() async throws {
        try await withAny { store, tenant, _ in
            _ = try await store.registerAgent(request("A prompt"), tenant: tenant)
            _ = try await store.append([event(trace: "a")], tenant: tenant)
            for isWanted in [true, false] {
                var query = ThreadQuery(page: PageRequest(limit: 9))
                query.wantsDefinition = isWanted
                let found = try await store.threads(matching: query, tenant: tenant)
                let definition = String(decoding: found.items[0].agentMetadata ?? [], as: UTF8.self)
                #expect(definition.contains("A prompt") == isWanted)
            }
        }
    }

    /// ING-46: the agents and users of all events, and letters of ASCII alone in either case.
    @Test(arguments: [
        ("SECOND", 1), ("user-9", 1), ("caf\u{E9}", 1), ("CAF\u{E9}", 1), ("CAF\u{C9}", 0), ("cafe\u{301}", 0),
    ])
    func searchFindsByBytes(_ text: String, _ count: Int) async throws {
        try await withAny { store, tenant, _ in
            var later = event(trace: "a", agent: "Second-agent", content: "{\"t\":\"Caf\u{E9}\"}")
            later.externalUserId = "User-9"
            _ = try await store.append([event(trace: "a"), later], tenant: tenant)
            let query = ThreadQuery(page: PageRequest(limit: 9))
            let found = try await store.searchThreads(text, matching: query, tenant: tenant)
            #expect(found.page.total == count)
        }
    }

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
