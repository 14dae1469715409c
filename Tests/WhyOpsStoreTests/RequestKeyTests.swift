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
            let part = try await store.append(batch.map { item($0) }, requestKey: nil, tenant: tenant)
            #expect(part.map(\.status) == [.saved, .conflict, .saved])
            #expect(part.map(\.stepId) == [2, 1, 3])
            #expect(part.map { $0.deadLetterID == nil } == [true, false, true])
        }
    }

    private func item(_ event: Event?, bytes: String = "{}") -> PartialItem {
        let letter = DeadLetter(
            source: .ingest,
            reason: DeadLetter.Reason(.invalid, "Validation failed"),
            eventType: nil,
            traceId: nil,
            agentName: nil,
            event: Array(bytes.utf8)
        )
        return PartialItem(event: event, letter: letter)
    }

    @Test func partialRequestThatComesAgainIsBuriedOnce() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(step: 1)], tenant: tenant)
            let items = [
                item(nil, bytes: "7"), item(event(content: "1")), item(event(step: 1, content: "2")),
                item(nil, bytes: "[]"),
            ]
            let first = try await store.append(items, requestKey: "k", tenant: tenant)
            let again = try await store.append(items, requestKey: "k", tenant: tenant)
            #expect(first.map(\.status) == [.invalid, .saved, .conflict, .invalid])
            #expect(again.map(\.status) == [.invalid, .skipped, .conflict, .invalid])
            #expect(first.map(\.deadLetterID) == again.map(\.deadLetterID))
            #expect(first.compactMap(\.deadLetterID).count == 3)
            #expect(try await store.deadLetters(page: PageRequest(limit: 9), tenant: tenant).total == 3)
            let letter = try #require(first[2].deadLetterID)
            #expect(try await store.deadLetter(id: letter, tenant: tenant)?.letter.reason.code == .conflict)
        }
    }

    /// What is invalid is part of what a key stands for, and so is that the request may be stored in part.
    @Test func partialRequestWithOtherItemsIsAnotherOne() async throws {
        try await withStore { store, tenant in
            let good = item(event(content: "1"))
            _ = try await store.append([good, item(nil, bytes: "7")], requestKey: "k", tenant: tenant)
            _ = try await store.append([item(nil, bytes: "7")], requestKey: "bad", tenant: tenant)
            for other in [[good, item(nil, bytes: "8")], [good], [item(nil, bytes: "7"), good]] {
                await #expect(throws: StoreError.self) {
                    try await store.append(other, requestKey: "k", tenant: tenant)
                }
            }
            await #expect(throws: StoreError.self) {
                try await store.append([item(nil, bytes: "[]")], requestKey: "bad", tenant: tenant)
            }
            await #expect(throws: StoreError.self) {
                try await store.append([], options: AppendOptions(requestKey: "bad"), tenant: tenant)
            }
            await #expect(throws: StoreError.self) {
                try await store.append([event(content: "1")], options: AppendOptions(requestKey: "k"), tenant: tenant)
            }
            #expect(try await store.deadLetters(page: PageRequest(limit: 9), tenant: tenant).total == 2)
        }
    }

    @Test func deadLetterStaysWhereItsEventIsNotStored() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event(trace: "before")], tenant: tenant)
            let agent = try #require(try await store.agents(page: PageRequest(limit: 1), tenant: tenant).items.first)
            let change = AgentSettingsChange(samplingRate: 0)
            _ = try await store.setAgentSettings(change, of: agent.id, tenant: tenant)
            let buried = try await store.append([item(nil)], requestKey: nil, tenant: tenant)
            let id = try #require(buried.first?.deadLetterID)
            let options = AppendOptions(deadLetterID: id)
            let out = try await store.append([event(trace: "out")], options: options, tenant: tenant)
            #expect(out.map(\.status) == [.sampledOut])
            #expect(try await store.deadLetter(id: id, tenant: tenant) != nil)
            let kept = try await store.append([event(trace: "before")], options: options, tenant: tenant)
            #expect(kept.map(\.status) == [.saved])
            #expect(try await store.deadLetter(id: id, tenant: tenant) == nil)
        }
    }

    @Test func deadLetterRemembersHowItCame() async throws {
        try await withStore { store, tenant in
            let sending = DeadLetter.Sending(fixedType: .toolCallResponse, profile: .strict, externalUserId: "u")
            let long = String(repeating: "t", count: 129)
            let letter = DeadLetter(
                source: .ingest,
                reason: DeadLetter.Reason(.invalid, "why"),
                eventType: "nope",
                traceId: long,
                agentName: "a\u{0}b",
                sending: sending,
                event: Array("{}".utf8)
            )
            let id = try #require(try await store.insertDeadLetters([letter], tenant: tenant).first ?? nil)
            let stored = try #require(try await store.deadLetter(id: id, tenant: tenant)).letter
            #expect(stored.sending == sending)
            #expect([stored.eventType, stored.traceId, stored.agentName] == ["nope", nil, nil])
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
