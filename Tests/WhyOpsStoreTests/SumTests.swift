import Testing
import WhyOps

@testable import WhyOpsStore

/// The sums that are kept of events are what the events come to, whatever happens to them (STO-54 to STO-56).
@Suite struct SumTests {
    // MARK: Events

    private static let agents = ["anna", "berta", "carl"]
    /// Some next to each other within an hour, at the ends of hours and days, before 1970 and at the end of time.
    private static let moments = [
        "2026-03-01T00:00:00.000Z", "2026-03-01T00:59:59.999Z", "2026-03-01T01:00:00.000Z", "2026-03-01T01:30:00.000Z",
        "2026-03-01T23:59:59.999Z", "2026-03-02T00:00:00.000Z", "2026-03-02T12:00:00.001Z", "2026-03-04T05:06:07.890Z",
        "2026-02-28T22:15:00.000Z", "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z", "1969-12-31T23:30:00.000Z",
        "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "9999-12-31T23:10:00.000Z",
    ]

    private func metadata(_ random: inout some RandomNumberGenerator) -> String? {
        let counts = ["0", "1", "7", "90000", "100001", "150000", "200001", "272001", "3000000"]
        func number(_ random: inout some RandomNumberGenerator) -> String {
            counts.randomElement(using: &random) ?? "0"
        }
        if Int.random(in: 0..<8, using: &random) == 0 { return nil }
        // Two spellings of one letter are two names, and a name that is empty is one, too (EVT-6).
        let models = ["\"m\"", "\"caf\u{E9}\"", "\"cafe\u{301}\"", "\"\u{301}m\"", "\"\"", "\"claude\"", "null"]
        let providers = ["\"openai\"", "\"anthropic\"", "\"\"", "\"=\"", "null"]
        let usage = [
            "promptTokens", "completionTokens", "totalTokens", "cacheReadTokens", "cacheCreationTokens",
            "cacheWrite5mTokens", "cacheWrite1hTokens",
        ].filter { _ in Bool.random(using: &random) }.map { "\"\($0)\":\(number(&random))" }
        let accounting = ["", "\"cacheAccounting\":\"inclusive\",", "\"cacheAccounting\":\"exclusive\","]
        let latency = Bool.random(using: &random) ? "\"latencyMs\":\(number(&random))," : ""
        let model = models.randomElement(using: &random) ?? "null"
        let provider = providers.randomElement(using: &random) ?? "null"
        let word = accounting.randomElement(using: &random) ?? ""
        return """
            {"model":\(model),"provider":\(provider),\(latency)"usage":{\(word)\(usage.joined(separator: ","))\(
            usage.isEmpty ? "\"none\":0" : "")}}
            """
    }

    private static let aging = "UPDATE trace_rows SET last_activity = '2020-01-01T00:00:00.000Z'"

    private func randomEvent(_ random: inout some RandomNumberGenerator) -> Event {
        let types: [EventType] = [.llmResponse, .llmResponse, .embeddingResponse, .error, .userMessage, .toolResult]
        let number = Int.random(in: 0..<12, using: &random)
        var made = event(
            types.randomElement(using: &random) ?? .error,
            trace: "t\(number)",
            agent: Self.agents.randomElement(using: &random) ?? "anna",
            // Some are taken: the append is in conflict.
            step: Int.random(in: 0..<25, using: &random) == 0 ? 1 : nil,
            timestamp: Int.random(in: 0..<4, using: &random) == 0 ? nil : Self.moments.randomElement(using: &random),
            metadata: metadata(&random),
            // Some come again, and some of these are other events.
            key: Bool.random(using: &random) ? "k\(Int.random(in: 0..<6, using: &random))" : nil
        )
        made.providerId = [nil, "p-1", "", "p-2"].randomElement(using: &random) ?? nil
        return made
    }

    // MARK: What they come to

    private func lines(_ rows: [UsageRow]) -> [String] {
        rows.map { row in
            "\([row.group, row.provider, row.model, row.accounting]) "
                + "\([row.requestCount, row.errorCount, row.latencySum, row.latencyCount, row.shortCacheWrites]) "
                + "\(row.facts) \(row.inclusive) \(row.exclusive)"
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The rows of sums and what the events come to, group by group, without what is nothing.
    private func difference(_ store: DatabaseStore) async throws -> [String] {
        try await store.pool.read { try SumCheck(database: $0).differences() }
    }

    private func queries(_ random: inout some RandomNumberGenerator, _ agents: [String]) -> [UsageQuery] {
        let groupings: [UsageQuery.Grouping] = [.none, .time(.hour), .time(.day), .time(.week), .time(.month)]
        let bounds =
            Self.moments + ["2026-03-01T00:00:00.001Z", "2026-03-01T01:29:59.999Z", "2026-03-03T00:00:00.000Z"]
        let lengths = [[], [272_000], [100_000, 272_000], [128_000, 200_000]]
        func seldom(_ random: inout some RandomNumberGenerator) -> Bool { Int.random(in: 0..<3, using: &random) == 0 }
        func bound(_ random: inout some RandomNumberGenerator) -> Timestamp? {
            Bool.random(using: &random) ? bounds.randomElement(using: &random).flatMap { Timestamp($0) } : nil
        }
        return groupings.map { grouping in
            var query = UsageQuery(grouping: grouping)
            query.startDate = bound(&random)
            query.endDate = bound(&random)
            if seldom(&random) { query.agentID = agents.randomElement(using: &random) }
            if seldom(&random) { query.providerId = ["p-1", "", "none"].randomElement(using: &random) }
            query.promptLengths = lengths.randomElement(using: &random) ?? []
            return query
        }
    }

    /// Whatever is asked for, the answer is that of the events.
    private func compare(
        _ store: DatabaseStore,
        _ tenant: Tenant,
        _ random: inout some RandomNumberGenerator
    ) async throws {
        let agents = try await store.agents(page: PageRequest(limit: 9), tenant: tenant).items
        for _ in 0..<4 {
            for query in queries(&random, agents.map(\.id)) {
                let kept = try await store.usage(matching: query, tenant: tenant)
                let added = try await store.usage(fromEvents: query, tenant)
                #expect(lines(kept) == lines(added), "\(query)")
                // The order of groups is that of the events, too: who adds up goes by it.
                #expect(kept.map(\.group) == added.map(\.group), "\(query)")
            }
        }
        let week = Moments.text(daysAgo: 7)
        for agent in agents {
            let counts = try await store.pool.read { database in
                try Row.fetchOne(
                    database,
                    sql: """
                        SELECT count(*), count(*) FILTER (WHERE event_type = 'error') FROM event_rows
                        WHERE agent_id = ? AND timestamp >= ?
                        """,
                    arguments: [agent.id, week]
                ).map { [$0[0] as Int, $0[1] as Int] }
            }
            #expect([agent.recentEvents, agent.recentErrors] == counts)
        }
        #expect(try await difference(store) == [])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func sumsAreWhatTheEventsComeTo(seed: UInt64) async throws {
        try await withStore { store, tenant in
            var random = Numbers(state: seed)
            for round in 0..<6 {
                let appends = (0..<12).map { _ in
                    (0..<Int.random(in: 1...6, using: &random)).map { _ in randomEvent(&random) }
                }
                // Side by side, so that those that are undone share a commit with others.
                await withTaskGroup(of: Void.self) { group in
                    for events in appends {
                        group.addTask { _ = try? await store.append(events, tenant: tenant) }
                    }
                }
                let agents = try await store.agents(page: PageRequest(limit: 9), tenant: tenant).items
                if round == 2, let agent = agents.randomElement(using: &random) {
                    _ = try await store.deleteAgent(id: agent.id, tenant: tenant)
                }
                if round == 4 {
                    try await store.pool.write {
                        try $0.execute(sql: Self.aging + " WHERE key % 2 = 0")
                    }
                    _ = try await store.retain(RetentionLimits(age: 86_400), elapsed: .zero)
                }
                try await compare(store, tenant, &random)
            }
            try await store.pool.write {
                try $0.execute(sql: Self.aging)
            }
            _ = try await store.retain(RetentionLimits(age: 86_400), elapsed: .zero)
            // Where there are no events there are no sums.
            let left = try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sum_rows") }
            #expect(left == 0)
        }
    }

    /// What a part of a request that cannot be stored has come by counts no more than what an undone append has.
    @Test func onlyWhatIsStoredOfARequestCounts() async throws {
        try await withStore { store, tenant in
            let events = [
                event(.error, trace: "t", key: "a"), event(.error, trace: "t", key: "a"),
                event(.userMessage, trace: "t", key: "a"), event(.error, trace: "t", content: "\"x\u{0}\""),
            ]
            let letter = DeadLetter(
                source: .ingest,
                reason: DeadLetter.Reason(.invalid, ""),
                eventType: nil,
                traceId: nil,
                agentName: nil,
                event: Array("{}".utf8)
            )
            let results = try await store.append(
                events.map { PartialItem(event: $0, letter: letter) },
                requestKey: nil,
                tenant: tenant
            )
            #expect(results.map(\.status) == [.saved, .skipped, .conflict, .notStored])
            #expect(try await store.usage(matching: UsageQuery(), tenant: tenant).map(\.requestCount) == [1])
            #expect(try await difference(store) == [])
        }
    }

    /// Nodes that write the same rows at the same time lose nothing, and none of them has to give up.
    @Test(.enabled(if: PostgresPlace.isThere)) func nodesAddToTheSameSums() async throws {
        try await withPostgresURL { url in
            let first = try await DatabaseStore.open(postgres: url)
            let second = try await DatabaseStore.open(postgres: url)
            let tenant = try await first.bootstrapKey("YOPS-test-key-0001")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<120 {
                    let store = index % 2 == 0 ? first : second
                    group.addTask {
                        let events = (0..<4).map { place in
                            event(
                                .error,
                                trace: "t\(index)",
                                agent: Self.agents[(index + place) % 3],
                                timestamp: Self.moments[(index * 7 + place * 5) % Self.moments.count]
                            )
                        }
                        _ = try await store.append(events, tenant: tenant)
                    }
                }
                try await group.waitForAll()
            }
            let all = try await first.usage(matching: UsageQuery(), tenant: tenant)
            #expect(all.map(\.requestCount).reduce(0, +) == 480)
            #expect(try await difference(first) == [])
            try await first.close()
            try await second.close()
        }
    }

    /// A file that an earlier version has written gets its sums when it is opened.
    @Test func eventsThatWereThereAreAddedUp() async throws {
        try await withStore { store, tenant in
            var random = Numbers(state: 9)
            let events = (0..<60).map { _ in randomEvent(&random) }
            for event in events { _ = try? await store.append([event], tenant: tenant) }
            try await store.pool.write { database in
                try database.execute(sql: "DROP TABLE sum_rows")
                let sql = store.engine == "sqlite" ? SchemaOfSums.sql : SchemaOfSums.postgres
                for part in sql.split(separator: ";\n") { try database.execute(sql: String(part)) }
            }
            try await compare(store, tenant, &random)
        }
    }
}

/// Numbers that are the same in every run.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
