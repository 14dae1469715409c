import Testing
import WhyOps

@testable import WhyOpsStore

@Suite struct AppendTests {
    // MARK: Steps

    @Test func concurrentAppendsLeaveNoGap() async throws {
        try await withStore { store, tenant in
            let steps = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await store.append([event()], tenant: tenant)[0].stepId }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(steps.sorted() == Array(1...50))
            let detail = try await store.thread("trace", events: PageRequest(limit: 100), tenant: tenant)
            #expect(detail?.entries.compactMap(\.stored.event.stepId) == Array(1...50))
            #expect(detail?.thread.eventCount == 50)
            #expect(detail?.hasLateEvents == false)
        }
    }

    @Test func parentIsTheStepBeforeUnlessTheCallerKnowsBetter() async throws {
        try await withStore { store, tenant in
            let results = try await store.append(
                [
                    event(), event(), event(parent: 1), event(step: 10), event(step: 20, parent: 3), event(),
                ],
                tenant: tenant
            )
            #expect(results.map(\.stepId) == [1, 2, 3, 10, 20, 21])
            #expect(results.map(\.parentStepId) == [nil, 1, 1, 9, 3, 20])
        }
    }

    @Test func toolResponseFollowsItsRequest() async throws {
        try await withStore { store, tenant in
            let results = try await store.append(
                [
                    event(.toolCallRequest, span: "a"), event(.toolCallRequest, span: "b"),
                    event(.toolCallResponse, span: "a"), event(.toolCallResponse, span: "b"),
                    event(.toolCallResponse, span: "unknown"), event(.toolCallResponse, span: "a", parent: 2),
                ],
                tenant: tenant
            )
            #expect(results.map(\.parentStepId) == [nil, 1, 1, 2, 4, 2])
        }
    }

    @Test func eventWithoutSpanGetsOne() async throws {
        try await withStore { store, tenant in
            let spans = try await store.append([event(), event(), event(span: "mine")], tenant: tenant).map(\.spanId)
            #expect(spans[0].hasPrefix("span_") && spans[0].utf8.count == 26)
            #expect(spans[0] != spans[1])
            #expect(spans[2] == "mine")
        }
    }

    @Test func takenStepIsAConflictAndNothingOfTheAppendIsStored() async throws {
        try await withStore { store, tenant in
            let first = try await store.append([event(step: 3)], tenant: tenant)
            let results = try await store.append([event(), event(step: 3), event()], tenant: tenant)
            #expect(results.map(\.status) == [.notStored, .conflict, .notStored])
            #expect(results[1].id == first[0].id)
            #expect(results[1].message?.contains("Step 3") == true)
            let page = EventQuery(page: PageRequest(limit: 10))
            #expect(try await store.events(matching: page, tenant: tenant).total == 1)
            #expect(try await store.append([event()], tenant: tenant)[0].stepId == 4)
        }
    }

    @Test func conflictDoesNotHarmOthersInTheSameCommit() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(step: 1)], tenant: tenant)
            let saved = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<40 {
                    let isClash = index % 4 == 0
                    group.addTask {
                        let results = try await store.append([event(step: isClash ? 1 : nil)], tenant: tenant)
                        return results[0].status == .saved
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(saved == 30)
        }
    }

    @Test func lastStepLeavesNoNext() async throws {
        try await withStore { store, tenant in
            let results = try await store.append([event(step: 2_147_483_647), event()], tenant: tenant)
            #expect(results.map(\.status) == [.notStored, .conflict])
        }
    }

    // MARK: Idempotency

    @Test func repeatedKeyIsSkippedWithTheFirstIds() async throws {
        try await withStore { store, tenant in
            let content = #"{"a":1}"#
            let first = try await store.append(
                [event(timestamp: "2026-01-01T00:00:00.000Z", content: content, key: "k")],
                tenant: tenant
            )
            let again = try await store.append(
                [event(timestamp: "2026-01-01T00:00:09.000Z", content: content, key: "k"), event()],
                tenant: tenant
            )
            #expect(again.map(\.status) == [.skipped, .saved])
            #expect(again[0].id == first[0].id)
            #expect(again[0].stepId == 1)
            #expect(again[0].spanId == first[0].spanId)
            #expect(again[1].stepId == 2)
        }
    }

    @Test func repeatedKeyWithOtherContentIsAConflict() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(content: "1", key: "k")], tenant: tenant)
            let results = try await store.append([event(content: "2", key: "k")], tenant: tenant)
            #expect(results[0].status == .conflict)
            #expect(results[0].message?.contains("\"k\"") == true)
        }
    }

    @Test func repetitionMayBeSpeltOtherwise() async throws {
        try await withStore { store, tenant in
            let first = event(content: #"{"a":1,"b":[true]}"#, metadata: #"{"m":"x","n":2}"#, key: "k")
            let again = event(content: #"{ "b" : [true], "a":1 }"#, metadata: #"{"n":2,"m":"\u0078"}"#, key: "k")
            _ = try await store.append([first], tenant: tenant)
            #expect(try await store.append([again], tenant: tenant)[0].status == .skipped)
        }
    }

    @Test(arguments: [
        event(.error, content: "null", metadata: "{}", key: "k"),
        event(agent: "other", content: "null", metadata: "{}", key: "k"),
        event(span: "given", content: "null", metadata: "{}", key: "k"),
        event(step: 1, content: "null", metadata: "{}", key: "k"),
        event(content: nil, metadata: "{}", key: "k"),
        event(content: "null", metadata: nil, key: "k"),
        event(content: "null", metadata: #"{"a":1}"#, key: "k"),
    ])
    func everyPartButTheTimeTellsARepetition(other: Event) async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(content: "null", metadata: "{}", key: "k")], tenant: tenant)
            #expect(try await store.append([other], tenant: tenant)[0].status == .conflict)
        }
    }

    @Test func digestOfAnEarlierVersionIsStillUnderstood() async throws {
        try await withStore { store, tenant in
            var first = event(timestamp: "2026-01-01T00:00:00.000Z", content: #"{"b":1,"a":2}"#, key: "k")
            _ = try await store.append([first], tenant: tenant)
            first.timestamp = nil
            let digest = SHA256.hex(of: first.canonicalJSON)
            try await store.pool.write {
                try $0.execute(sql: "UPDATE event_rows SET fingerprint = ?", arguments: [digest])
            }
            let same = event(content: #"{"a":2,"b":1}"#, key: "k")
            let other = event(content: #"{"a":3,"b":1}"#, key: "k")
            #expect(try await store.append([same], tenant: tenant)[0].status == .skipped)
            #expect(try await store.append([other], tenant: tenant)[0].status == .conflict)
        }
    }

    @Test func keyMeansSomethingInOneTraceOnlyAndAlsoInsideOneAppend() async throws {
        try await withStore { store, tenant in
            let results = try await store.append(
                [event(trace: "a", key: "k"), event(trace: "b", key: "k"), event(trace: "a", key: "k")],
                tenant: tenant
            )
            #expect(results.map(\.status) == [.saved, .saved, .skipped])
        }
    }

    @Test func concurrentRepetitionsAreStoredOnce() async throws {
        try await withStore { store, tenant in
            let saved = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await store.append([event(key: "k")], tenant: tenant)[0].status == .saved }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(saved == 1)
        }
    }

    @Test func equalEventsWithoutKeyAreAllStored() async throws {
        try await withStore { store, tenant in
            let results = try await store.append(
                [event(content: #""yes""#), event(content: #""yes""#)],
                tenant: tenant
            )
            #expect(results.map(\.status) == [.saved, .saved])
        }
    }

    // MARK: Tenants and names

    @Test func tenantsWithTheSameTraceIdStayApart() async throws {
        try await withStore { store, tenant in
            let other = try await store.bootstrapKey("YOPS-test-key-0002", environment: "STAGING")
            #expect(other.environmentID != tenant.environmentID)
            #expect(other.projectID == tenant.projectID)
            let mine = try await store.append([event(content: "1"), event()], tenant: tenant)
            let theirs = try await store.append([event(content: "2")], tenant: other)
            #expect(theirs[0].stepId == 1)
            #expect(try await store.event(id: mine[0].id, tenant: other) == nil)
            #expect(
                try await store.thread("trace", events: PageRequest(limit: 9), tenant: other)?.thread.eventCount == 1
            )
            #expect(try await store.events(matching: EventQuery(page: PageRequest(limit: 9)), tenant: other).total == 1)
            #expect(
                try await store.threads(matching: ThreadQuery(page: PageRequest(limit: 9)), tenant: other).total == 1
            )
        }
    }

    @Test func traceIdsAreComparedByteByByte() async throws {
        try await withStore { store, tenant in
            let results = try await store.append(
                [event(trace: "caf\u{E9}"), event(trace: "cafe\u{301}")],
                tenant: tenant
            )
            #expect(results.map(\.stepId) == [1, 1])
        }
    }

    @Test func unknownKeyHasNoTenantAndKnownKeyKeepsIts() async throws {
        try await withStore { store, tenant in
            #expect(try await store.tenant(forKey: "YOPS-unknown") == nil)
            #expect(try await store.tenant(forKey: "YOPS-test-key-0001") == tenant)
            #expect(try await store.bootstrapKey("YOPS-test-key-0001") == tenant)
            let stored = try await store.pool.read { database in
                try String.fetchAll(database, sql: "SELECT sha256 FROM api_keys")
            }
            #expect(stored == [SHA256.hex(of: Array("YOPS-test-key-0001".utf8))])
        }
    }
}
