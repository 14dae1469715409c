import Testing
import WhyOps

@testable import WhyOpsStore

/// What only a server has: several nodes at once (STO-2 to STO-8).
@Suite(.enabled(if: PostgresPlace.isThere, "WHYOPS_TEST_POSTGRES names no server; .ci/postgres starts one"))
struct PostgresTests {
    private static let key = "YOPS-test-key-0001"

    /// Runs with two nodes on one database.
    private func withNodes(_ body: (DatabaseStore, DatabaseStore, Tenant) async throws -> Void) async throws {
        try await withPostgresURL { url in
            async let first = DatabaseStore.open(postgres: url)
            async let second = DatabaseStore.open(postgres: url)
            let (one, two) = try await (first, second)
            let tenant = try await one.bootstrapKey(Self.key)
            try await body(one, two, tenant)
            try await one.close()
            try await two.close()
        }
    }

    /// STO-2, STO-3
    @Test func twoNodesWriteToTheSameTraces() async throws {
        try await withNodes { one, two, tenant in
            let results = try await withThrowingTaskGroup(of: [(trace: String, result: AppendResult)].self) { group in
                for place in 0..<40 {
                    let node = place % 2 == 0 ? one : two
                    group.addTask {
                        // The traces of half of them come in the other order.
                        let traces = place % 4 < 2 ? ["a", "b", "c"] : ["c", "b", "a"]
                        let events = traces.map { event(trace: $0, key: "k-\(place)") }
                        return Array(zip(traces, try await node.append(events, tenant: tenant)))
                            .map { (trace: $0.0, result: $0.1) }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(results.allSatisfy { $0.result.status == .saved })
            for trace in ["a", "b", "c"] {
                let steps = results.filter { $0.trace == trace }.map(\.result.stepId).sorted()
                #expect(steps == Array(1...40))
                let detail = try await two.thread(trace, events: PageRequest(limit: 100), tenant: tenant)
                #expect(detail?.thread.eventCount == 40)
                #expect(detail?.entries.count == 40)
            }
        }
    }

    /// STO-4
    @Test func oneOfTwoNodesStoresAnEventThatBothAreGiven() async throws {
        try await withNodes { one, two, tenant in
            for round in 0..<20 {
                let same = event(trace: "t-\(round)", agent: "agent-\(round)", key: "k")
                async let left = one.append([same], options: AppendOptions(requestKey: "r-\(round)"), tenant: tenant)
                async let right = two.append([same], tenant: tenant)
                let results = try await left + right
                #expect(Set(results.map(\.status)) == [.saved, .skipped])
                #expect(Set(results.map(\.id)).count == 1)
            }
        }
    }

    /// STO-4
    @Test func oneOfTwoNodesAnswersARequestFirst() async throws {
        try await withNodes { one, two, tenant in
            for round in 0..<20 {
                let options = AppendOptions(requestKey: "r-\(round)")
                // Without keys of their own, so that only the request's tells that they are the same.
                let events = [event(trace: "t-\(round)")]
                async let left = one.append(events, options: options, tenant: tenant)
                async let right = two.append(events, options: options, tenant: tenant)
                let results = try await left + right
                #expect(Set(results.map(\.status)) == [.saved, .skipped])
                #expect(Set(results.map(\.id)).count == 1)
            }
        }
    }

    /// STO-5
    @Test func theLimitOfAnAgentHoldsOverNodes() async throws {
        try await withNodes { one, two, tenant in
            let first = try await one.append([event(trace: "first", agent: "limited")], tenant: tenant)
            #expect(first.map(\.status) == [.saved])
            let agents = try await one.agents(page: PageRequest(limit: 9), tenant: tenant).items
            let agent = try #require(agents.first { $0.name == "limited" })
            _ = try await one.setAgentSettings(AgentSettingsChange(maxTraces: .some(5)), of: agent.id, tenant: tenant)
            let statuses = try await withThrowingTaskGroup(of: [AppendResult.Status].self) { group in
                for place in 0..<30 {
                    let node = place % 2 == 0 ? one : two
                    group.addTask {
                        try await node.append([event(trace: "t-\(place)", agent: "limited")], tenant: tenant)
                            .map(\.status)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(statuses.count { $0 == .saved } == 4)
            #expect(statuses.count { $0 == .sampledOut } == 26)
        }
    }

    /// STO-4
    @Test func nodesThatMakeTheSameAgentsMakeThemOnce() async throws {
        try await withNodes { one, two, tenant in
            let names = (0..<6).map { "agent-\($0)" }
            async let left = one.append(names.map { event(trace: "l-\($0)", agent: $0) }, tenant: tenant)
            async let right = two.append(names.reversed().map { event(trace: "r-\($0)", agent: $0) }, tenant: tenant)
            let results = try await left + right
            #expect(results.allSatisfy { $0.status == .saved })
            #expect(try await one.agents(page: PageRequest(limit: 99), tenant: tenant).total == names.count)
        }
    }

    /// STO-6
    @Test func aServerThatLetsGoOfEveryConnectionIsFoundAgain() async throws {
        try await withNodes { one, _, tenant in
            _ = try await one.append([event()], tenant: tenant)
            // The connections of this test have the name of its schema.
            let ended = try await one.pool.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = current_schema() AND pid <> pg_backend_pid()
                        """
                )
                .count
            }
            #expect(ended > 0)
            #expect(try await one.append([event()], tenant: tenant).map(\.stepId) == [2])
            #expect(try await one.event(id: "none", tenant: tenant) == nil)
        }
    }

    /// STO-13
    @Test func anAppendThatWaitsForAnotherNodeFailsAlone() async throws {
        try await withNodes { one, _, tenant in
            let held = LockName(.trace, "held", environmentID: tenant.environmentID)
            let other = try PostgresConnection([("dbname", try #require(PostgresPlace.url))])
            try other.run("BEGIN; SELECT pg_advisory_xact_lock(\(held.number))")
            let failures = await withTaskGroup(of: (trace: String, failure: String?).self) { group in
                for trace in (0..<20).map({ "t-\($0)" }) + ["held"] + (20..<40).map({ "t-\($0)" }) {
                    group.addTask {
                        do {
                            _ = try await one.append([event(trace: trace)], tenant: tenant)
                            return (trace, nil)
                        } catch {
                            return (trace, "\(trace): \(error)")
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let told = failures.compactMap(\.failure)
            #expect(failures.filter { $0.failure != nil }.map(\.trace) == ["held"], "\(told)")
            other.allow(silence: .seconds(60), altogether: .seconds(60))
            try other.run("ROLLBACK")
            #expect(try await one.append([event(trace: "held")], tenant: tenant).map(\.stepId) == [1])
        }
    }

    /// STO-7
    @Test func databasesThatAreNotOursAreRefused() async throws {
        try await withPostgresURL { url in
            try await DatabaseStore.open(postgres: url).close()
            let connection = try PostgresConnection([("dbname", url)])
            try connection.run("INSERT INTO whyops_migrations (name) VALUES ('99-future')")
            let newer = try await #require(throws: StoreError.self) { _ = try await DatabaseStore.open(postgres: url) }
            #expect(newer.code == .newerDatabase)
            try connection.run("DROP TABLE whyops_migrations")
            let foreign = try await #require(throws: StoreError.self) {
                _ = try await DatabaseStore.open(postgres: url)
            }
            #expect(foreign.message.contains("another program"))
        }
    }

    @Test func textsThatTheServerCannotKeepAreRefused() async throws {
        try await withNodes { one, _, tenant in
            let refusal = try await #require(throws: StoreError.self) {
                _ = try await one.append([event(trace: "a\u{0}b")], tenant: tenant)
            }
            #expect(refusal.code == .refused)
            let stored = try await one.append([event(trace: "a")], tenant: tenant)
            #expect(stored.map(\.status) == [.saved])
        }
    }
}

/// How statements and addresses are read, which needs no server.
struct PostgresTextTests {
    @Test func parametersAreNumbered() {
        #expect(PostgresText.numbered("a = ? AND b = '?' AND \"?\" = ?") == "a = $1 AND b = '?' AND \"?\" = $2")
        #expect(PostgresText.numbered("?2 ?1 ?") == "$2 $1 $3")
    }

    @Test func arraysKeepEveryCharacter() {
        #expect(PostgresText.array(["a", "b\"\\,{}", ""]) == "{\"a\",\"b\\\"\\\\,{}\",\"\"}")
    }

    @Test(arguments: [
        ("postgres://u:s3cret@h:5432,i/db?sslmode=require&password=x", "postgres://h:5432,i/db", true),
        // What cannot be read may be a password anywhere.
        ("postgresql://u:a@b@h/db", "postgres", true),
        ("postgres://u:50%off@h/db", "postgres", true),
        ("postgres://u:pa/ss@h/db", "postgres", true),
        ("postgres://u@h/db", "postgres://h/db", false),
        ("postgres:///db?host=/run", "postgres:///db", false),
    ])
    func namesHoldNoSecrets(url: String, name: String, holdsPassword: Bool) {
        #expect(DatabaseStore.nameOfPostgres(url) == name)
        #expect(DatabaseStore.postgresHoldsPassword(url) == holdsPassword)
    }
}
