import Foundation
import Testing
import WhyOps

@testable import WhyOpsStore

/// What is to be kept no longer goes, and nothing else (STO-20 to STO-29).
@Suite struct RetentionTests {
    private static let day = 86_400.0

    /// Makes a trace one that was last written to some days ago.
    private func age(_ trace: String, days: Double, _ store: DatabaseStore) async throws {
        let moment = Date().timeIntervalSince1970 - days * Self.day
        let text = Timestamp(milliseconds: Int64(moment * 1000)).text
        try await store.pool.write { database in
            try database.execute(
                sql: "UPDATE trace_rows SET last_activity = ? WHERE trace_id = ?",
                arguments: [text, trace]
            )
            try database.execute(
                sql: "UPDATE link_rows SET created_at = ? WHERE trace_id = ?",
                arguments: [moment, trace]
            )
        }
    }

    private func traces(_ store: DatabaseStore, _ tenant: Tenant) async throws -> Set<String> {
        Set(
            try await store.threads(matching: ThreadQuery(page: PageRequest(limit: 100)), tenant: tenant).items
                .map(\.traceId)
        )
    }

    /// Rows of every table that has some for a trace.
    private func rows(_ store: DatabaseStore) async throws -> [String: Int] {
        try await store.pool.read { database in
            var counts: [String: Int] = [:]
            for table in ["trace_rows", "event_rows", "name_rows", "span_rows", "trace_agents", "link_rows"] {
                counts[table] = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)")
            }
            return counts
        }
    }

    private func place(_ span: String) -> String {
        #"{"stitch":{"names":["reply:\#(span)"],"parents":[]}}"#
    }

    @Test func tracesGoWholeWithAllThatIsTheirs() async throws {
        try await withStore { store, tenant in
            let old = try #require(TraceID("old"))
            let young = try #require(TraceID("young"))
            for trace in [old, young] {
                let echo = try #require(EchoID(.toolCall, "call-\(trace.text)"))
                _ = try await store.append(
                    (0..<20).map { event(trace: trace.text, span: "s\($0)", timestamp: "2020-01-01T00:00:00.000Z") },
                    links: [StitchLink(echo: echo, trace: trace)],
                    tenant: tenant
                )
                try await store.pool.write { database in
                    let key = try #require(
                        try Int64.fetchOne(
                            database,
                            sql: "SELECT key FROM trace_rows WHERE trace_id = ?",
                            arguments: [trace.text]
                        )
                    )
                    _ = try SpanRows(trace: key, database: database).fill()
                    try database.execute(
                        sql: "INSERT INTO name_rows (trace, name, step_id) VALUES (?, 'n', 1)",
                        arguments: [key]
                    )
                }
            }
            let before = try await rows(store)
            try await age("old", days: 31, store)

            let report = try await store.retain(RetentionLimits(age: 30 * Self.day), elapsed: .zero)
            #expect(report.traces == 1)
            #expect(report.events == 20)
            #expect(try await traces(store, tenant) == ["young"])
            let after = try await rows(store)
            #expect(after == before.mapValues { $0 / 2 })
            let echoes = try ["old", "young"].map { try #require(EchoID(.toolCall, "call-\($0)")) }
            #expect(try await store.traces(of: echoes, tenant: tenant) == [echoes[1]: young])
            // STO-22: what events say of their time has nothing to do with it.
            #expect(try await store.retain(RetentionLimits(age: 30 * Self.day), elapsed: .zero).isEmpty)
        }
    }

    @Test func nothingGoesWithoutALimit() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(trace: "old"), event(trace: "new")], tenant: tenant)
            try await age("old", days: 4000, store)
            #expect(try await store.retain(RetentionLimits(), elapsed: .zero).isEmpty)
            #expect(try await traces(store, tenant) == ["old", "new"])
        }
    }

    @Test func aProjectsOwnLimitComesFirst() async throws {
        try await withStore { store, tenant in
            try await store.createProject("other", environments: ["TEST"])
            let other = try await store.bootstrapKey("YOPS-test-key-0002", project: "other", environment: "TEST")
            for tenant in [tenant, other] {
                _ = try await store.append([event(trace: "old"), event(trace: "new")], tenant: tenant)
            }
            try await age("old", days: 31, store)
            try await store.setRetention(age: .limit(20 * Self.day), bytes: .unlimited, ofProject: "other")
            try await store.setRetention(age: nil, bytes: nil, ofProject: "other")
            #expect(
                try await store.retention(ofProject: "other")
                    == ProjectRetention(age: .limit(20 * Self.day), bytes: .unlimited)
            )
            #expect(try await store.retain(RetentionLimits(), elapsed: .zero).traces == 1)
            #expect(try await traces(store, tenant) == ["old", "new"])
            #expect(try await traces(store, other) == ["new"])
            try await store.setRetention(age: .unlimited, bytes: .standard, ofProject: "default")
            #expect(try await store.retain(RetentionLimits(age: 3600), elapsed: .zero).isEmpty)
            await #expect(throws: StoreError.self) {
                try await store.setRetention(age: .unlimited, bytes: nil, ofProject: "none")
            }
        }
    }

    @Test func theOldestGoUntilTheRestIsSmallEnough() async throws {
        try await withStore { store, tenant in
            let content = "\"" + String(repeating: "x", count: 998) + "\""
            for number in 1...5 {
                _ = try await store.append([event(trace: "t\(number)", content: content)], tenant: tenant)
                try await age("t\(number)", days: Double(10 - number), store)
            }
            // One is older than the figure of its size.
            try await store.pool.write {
                try $0.execute(sql: "UPDATE trace_rows SET byte_count = NULL WHERE trace_id = 't4'")
            }
            _ = try await store.append([event(trace: "now", content: content)], tenant: tenant)
            let each = 1000 + EventSize.rest
            #expect(try await store.retain(RetentionLimits(bytes: 6 * each), elapsed: .zero).isEmpty)
            #expect(try await store.retain(RetentionLimits(bytes: 4 * each), elapsed: .zero).traces == 2)
            #expect(try await traces(store, tenant) == ["t3", "t4", "t5", "now"])
            #expect(try await store.retain(RetentionLimits(bytes: 4 * each - 1), elapsed: .zero).traces == 1)
            // STO-23: what is in use stays.
            #expect(try await store.retain(RetentionLimits(bytes: 1), elapsed: .zero).traces == 2)
            #expect(try await traces(store, tenant) == ["now"])
        }
    }

    @Test func sizeGrowsWithEveryEvent() async throws {
        try await withStore { store, tenant in
            for _ in 0..<3 {
                let content = "\"\u{E9}\""
                _ = try await store.append([event(content: content, metadata: "{}"), event()], tenant: tenant)
            }
            let bytes = try await store.pool.read { database in
                let key = try Int64.fetchOne(database, sql: "SELECT key FROM trace_rows") ?? 0
                return [
                    try Int.fetchOne(database, sql: "SELECT byte_count FROM trace_rows"),
                    try Int.fetchOne(
                        database.makeStatement(sql: "SELECT CAST((\(EventSize.ofTrace(database.dialect))) AS BIGINT)"),
                        arguments: [key]
                    ),
                ]
            }
            #expect(bytes == [3 * (6 + 2 * EventSize.rest), 3 * (6 + 2 * EventSize.rest)])
        }
    }

    @Test func aClockThatLeapsAheadTakesNothingAlong() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(trace: "a")], tenant: tenant)
            let limits = RetentionLimits(age: 30 * Self.day)
            let now = Date().timeIntervalSince1970
            // Also where nobody has ever looked before.
            let first = try await store.retain(limits, now: now + 700 * Self.day, elapsed: .zero)
            #expect(first.isEmpty)
            if store.engine == "sqlite" { #expect(first.clockLead > 699 * Self.day) }
            for _ in 0..<10 {
                #expect(
                    try await store.retain(limits, now: now + 700 * Self.day, elapsed: .seconds(3600)).isEmpty
                )
            }
            // The clock is put right, and its time with it.
            #expect(try await store.retain(limits, now: now, elapsed: .seconds(3600)).clockLead == 0)
            let believed = try await store.pool.read {
                try Double.fetchOne($0, sql: "SELECT believed FROM retention_clock")
            }
            #expect(try #require(believed) <= now)
            #expect(try await traces(store, tenant) == ["a"])
        }
    }

    @Test func timeThatPassesIsBelieved() async throws {
        try await withSQLiteStore { store, tenant in
            _ = try await store.append([event(trace: "a")], tenant: tenant)
            let limits = RetentionLimits(age: 30 * Self.day)
            let now = Date().timeIntervalSince1970
            #expect(try await store.retain(limits, now: now, elapsed: .zero).isEmpty)
            // Two months in which nothing ran, then hours in which something does.
            var hours = 0
            while try await store.retain(limits, now: now + 60 * Self.day, elapsed: .seconds(3600)).isEmpty {
                hours += 1
                try #require(hours < 100)
            }
            #expect((29...31).contains(hours))
        }
    }

    @Test func whatWasCutOffIsFinished() async throws {
        try await withStore { store, tenant in
            _ = try await store.append((0..<50).map { _ in event(trace: "old") }, tenant: tenant)
            _ = try await store.append([event(trace: "new")], tenant: tenant)
            try await age("old", days: 31, store)
            // As a process leaves it that ends behind the first transaction.
            try await store.pool.write { database in
                let places = try RetentionPlan(RetentionLimits(age: 1), database).projects.flatMap(\.environments)
                let oldest = try places.flatMap {
                    try RetentionRows.oldest(in: $0, before: Identifiers.now(), limit: 9, database)
                }
                #expect(try RetentionRows.hide(oldest.filter { $0.traceID == "old" }, database).count == 1)
            }
            #expect(try await traces(store, tenant) == ["new"])
            // STO-28: its id is free at once.
            let again = try await store.append([event(trace: "old", key: "k")], tenant: tenant)
            #expect(again.map(\.stepId) == [1])
            let report = try await store.retain(RetentionLimits(), elapsed: .zero)
            #expect(report.events == 50)
            #expect(try await rows(store)["event_rows"] == 2)
            #expect(try await traces(store, tenant) == ["old", "new"])
        }
    }

    @Test func aTraceThatGetsAnEventMeanwhileStays() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(trace: "old")], tenant: tenant)
            try await age("old", days: 31, store)
            let candidates = try await store.pool.read { database in
                try RetentionPlan(RetentionLimits(age: 1), database).projects.flatMap(\.environments).flatMap {
                    try RetentionRows.oldest(in: $0, before: Identifiers.now(), limit: 9, database)
                }
            }
            #expect(candidates.map(\.traceID) == ["old"])
            _ = try await store.append([event(trace: "old")], tenant: tenant)
            let gone = try await store.pool.write { try RetentionRows.hide(candidates, $0) }
            #expect(gone.isEmpty)
            #expect(try await traces(store, tenant) == ["old"])
        }
    }

    @Test func requestsThatAreKnownGetTheirAnswer() async throws {
        try await withStore { store, tenant in
            let options = AppendOptions(requestKey: "r")
            let first = try await store.append([event(trace: "old", key: "k")], options: options, tenant: tenant)
            try await age("old", days: 31, store)
            #expect(try await store.retain(RetentionLimits(age: 86_400), elapsed: .zero).traces == 0)
            _ = try await store.append([event(trace: "new")], tenant: tenant)
            try await store.pool.write { try $0.execute(sql: "DELETE FROM retention_clock") }
            #expect(try await store.retain(RetentionLimits(age: 86_400), elapsed: .zero).traces == 1)
            let repeated = try await store.append([event(trace: "old", key: "k")], options: options, tenant: tenant)
            #expect(repeated.map(\.id) == first.map(\.id))
            #expect(repeated.map(\.status) == [.skipped])
            #expect(try await traces(store, tenant) == ["new"])
            // Without the request's key, the event is a new one.
            let fresh = try await store.append([event(trace: "old", key: "k")], tenant: tenant)
            #expect(fresh.map(\.status) == [.saved])
            #expect(fresh.map(\.stepId) == [1])
        }
    }

    @Test func deadLettersGoByTheirAge() async throws {
        try await withStore { store, tenant in
            let letter = DeadLetter(
                source: .ingest,
                reason: DeadLetter.Reason(storing: .refused, "no"),
                eventType: nil,
                traceId: nil,
                agentName: nil,
                sending: DeadLetter.Sending(fixedType: nil, profile: .original, externalUserId: nil),
                event: Array("{}".utf8)
            )
            let ids = try await store.insertDeadLetters(Array(repeating: letter, count: 40), tenant: tenant)
            #expect(ids.compactMap(\.self).count == 40)
            _ = try await store.append([event()], tenant: tenant)
            try await store.pool.write {
                try $0.execute(
                    sql: """
                        UPDATE dead_letters SET created_at = '2020-01-01T00:00:00.000Z'
                        WHERE number < (SELECT max(number) FROM dead_letters)
                        """
                )
            }
            let report = try await store.retain(RetentionLimits(age: 30 * Self.day), elapsed: .zero)
            #expect(report.deadLetters == 39)
            let left = try await store.deadLetters(page: PageRequest(limit: 9), tenant: tenant).items
            #expect(left.map(\.id) == [ids[39]])
        }
    }

    @Test func appendsGoOnWhileMuchIsRemoved() async throws {
        try await withStore { store, tenant in
            for batch in 0..<10 {
                let events = (0..<200).map { event(trace: "old-\(batch)-\($0 % 20)") }
                _ = try await store.append(events, tenant: tenant)
            }
            try await store.pool.write {
                try $0.execute(
                    sql: "UPDATE trace_rows SET last_activity = '2020-01-01T00:00:00.000Z' WHERE trace_id LIKE 'old-%'"
                )
            }
            _ = try await store.append([event(trace: "new")], tenant: tenant)
            async let removed = store.retain(RetentionLimits(age: 30 * Self.day), elapsed: .zero)
            let writer = Task {
                var count = 0
                while !Task.isCancelled {
                    _ = try await store.append([event(trace: "new"), event(trace: "old-0-0")], tenant: tenant)
                    count += 1
                }
                return count
            }
            let report = try await removed
            writer.cancel()
            let count = try await writer.value
            #expect((199...200).contains(report.traces))
            #expect(try await traces(store, tenant) == ["new", "old-0-0"])
            let detail = try #require(try await store.thread("new", events: PageRequest(limit: 1), tenant: tenant))
            #expect(detail.thread.eventCount == count + 1)
        }
    }

    @Test func aStopIsHeeded() async throws {
        try await withStore { store, tenant in
            _ = try await store.append((0..<3).map { event(trace: "old-\($0)") }, tenant: tenant)
            let run = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await store.retain(RetentionLimits(age: 3600), elapsed: .zero)
            }
            run.cancel()
            await #expect(throws: CancellationError.self) { try await run.value }
        }
    }
}
