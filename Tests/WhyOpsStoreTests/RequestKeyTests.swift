import Testing
import WhyOps

@testable import WhyOpsStore

/// ING-22, ING-23, ING-42
@Suite struct RequestKeyTests {
    @Test func requestThatComesTwiceAtOnceIsStoredOnce() async throws {
        try await withStore { store, tenant in
            let events = (0..<5).map { event(content: "\($0)") }
            let answers = try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await store.append(events, options: AppendOptions(requestKey: "k"), tenant: tenant)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0.allSatisfy { $0.status == .saved } }.count == 1)
            #expect(answers.filter { $0.allSatisfy { $0.status == .skipped } }.count == 19)
            #expect(Set(answers.map { $0.map(\.id) }).count == 1)
            let thread = try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)
            #expect(thread?.thread.eventCount == 5)
        }
    }

    @Test func keyStandsForItsEventsInItsEnvironment() async throws {
        try await withStore { store, tenant in
            let other = try await store.bootstrapKey("YOPS-test-key-0002", environment: "STAGING")
            let options = AppendOptions(requestKey: "k")
            _ = try await store.append([event(content: "1")], options: options, tenant: tenant)
            await #expect(throws: StoreError.self) {
                try await store.append([event(content: "2")], options: options, tenant: tenant)
            }
            let theirs = try await store.append([event(content: "2")], options: options, tenant: other)
            #expect(theirs.map(\.status) == [.saved])
        }
    }

    @Test func conflictLeavesTheOthersAloneWhereItMay() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(step: 1)], tenant: tenant)
            let batch = [event(content: "1"), event(step: 1, content: "2"), event(content: "3")]
            let whole = try await store.append(batch, tenant: tenant)
            #expect(whole.map(\.status) == [.notStored, .conflict, .notStored])
            let part = try await store.append(batch, options: AppendOptions(isPartial: true), tenant: tenant)
            #expect(part.map(\.status) == [.saved, .conflict, .saved])
            #expect(part.map(\.stepId) == [2, 1, 3])
        }
    }

    @Test func deadLetterGoesWithTheEventThatIsStored() async throws {
        try await withStore { store, tenant in
            let letter = DeadLetter(
                source: .proxy,
                reason: DeadLetter.Reason(.refused, "why"),
                eventType: nil,
                traceId: nil,
                agentName: nil,
                event: Array(#"{"a": "\ud800"}"#.utf8)
            )
            let id = try #require(try await store.insertDeadLetters([letter], tenant: tenant).first ?? nil)
            #expect(try await store.deadLetter(id: id, tenant: tenant)?.letter.event == letter.event)
            let options = AppendOptions(deadLetterID: id)
            #expect(try await store.append([event()], options: options, tenant: tenant).map(\.status) == [.saved])
            // Once more is once too often, and stores nothing.
            await #expect(throws: StoreError.self) {
                try await store.append([event()], options: options, tenant: tenant)
            }
            let thread = try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)
            #expect(thread?.thread.eventCount == 1)
        }
    }

    @Test func deadLettersOfOthersAreNotSeen() async throws {
        try await withStore { store, tenant in
            let other = try await store.bootstrapKey("YOPS-test-key-0002", environment: "STAGING")
            let letter = DeadLetter(
                source: .ingest,
                reason: DeadLetter.Reason(.invalid, "why"),
                eventType: nil,
                traceId: nil,
                agentName: nil,
                event: []
            )
            let id = try #require(try await store.insertDeadLetters([letter], tenant: tenant).first ?? nil)
            #expect(try await store.deadLetter(id: id, tenant: other) == nil)
            #expect(try await store.deadLetters(page: PageRequest(limit: 9), tenant: other).total == 0)
            #expect(try await store.deleteDeadLetters(nil, tenant: other) == 0)
            #expect(try await store.deleteDeadLetters([id], tenant: other) == 0)
            #expect(try await store.deadLetters(page: PageRequest(limit: 9), tenant: tenant).total == 1)
        }
    }
}
