import Testing
import WhyOps

@testable import WhyOpsStore

/// U+0000 in what is looked for and in what comes from elsewhere (STO-1, STO-10).
struct ZeroTests {
    private static let zero = "a\u{0}b"

    /// An id of a provider decides nothing about whether an event is stored.
    @Test func linksKeepTheirIds() async throws {
        try await withStore { store, tenant in
            let echo = try #require(EchoID(.toolCall, Self.zero))
            let other = try #require(EchoID(.toolCall, "a\u{0}c"))
            let trace = try #require(TraceID("trace"))
            let results = try await store.append(
                [event()],
                links: [StitchLink(echo: echo, trace: trace)],
                tenant: tenant
            )
            #expect(results.map(\.status) == [.saved])
            #expect(try await store.traces(of: [echo, other], tenant: tenant) == [echo: trace])
        }
    }

    @Test func exchangesAreStoredUnderSuchNames() async throws {
        try await withStore { store, tenant in
            func stitch(_ member: String) -> String { #"{"stitch":{"\#(member)":["a\u0000b"]}}"# }
            let results = try await store.append(
                [event(.llmResponse, metadata: stitch("names")), event(metadata: stitch("parents"))],
                tenant: tenant
            )
            #expect(results.map(\.status) == [.saved, .saved])
            #expect(results.map(\.parentStepId) == [nil, 1])
        }
    }

    @Test func lettersAreKept() async throws {
        try await withStore { store, tenant in
            let letter = DeadLetter(
                source: .ingest,
                reason: DeadLetter.Reason(.invalid, "\(Self.zero) is wrong"),
                eventType: nil,
                traceId: Self.zero,
                agentName: "agent",
                event: Array(#"{"traceId":"a\u0000b"}"#.utf8)
            )
            let ids = try await store.insertDeadLetters([letter], tenant: tenant)
            let id = try #require(ids.first ?? nil)
            let kept = try #require(try await store.deadLetter(id: id, tenant: tenant))
            #expect(kept.letter.event == letter.event)
            #expect(kept.letter.traceId == nil)
            #expect(kept.letter.reason.message == "a\u{FFFD}b is wrong")
        }
    }

    @Test func nothingIsFoundUnderSuchNames() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event()], tenant: tenant)
            let page = PageRequest(limit: 9)
            #expect(try await store.event(id: Self.zero, tenant: tenant) == nil)
            #expect(try await store.thread(Self.zero, events: page, tenant: tenant) == nil)
            #expect(try await store.deadLetter(id: Self.zero, tenant: tenant) == nil)
            #expect(try await store.deleteDeadLetters([Self.zero], tenant: tenant) == 0)
            #expect(try await store.deleteAgent(id: Self.zero, tenant: tenant) == nil)
            var query = ThreadQuery(page: page)
            query.agentName = Self.zero
            #expect(try await store.threads(matching: query, tenant: tenant).items.isEmpty)
            let found = try await store.searchThreads(Self.zero, matching: ThreadQuery(page: page), tenant: tenant)
            #expect(found.page.items.isEmpty && found.isComplete)
        }
    }

    /// One that cannot be kept takes nobody else's with it.
    @Test func othersOfTheSameMomentAreStored() async throws {
        try await withStore { store, tenant in
            let statuses: [Bool] = await withTaskGroup(of: Bool.self) { group in
                for place in 0..<40 {
                    group.addTask {
                        let name = place % 8 == 0 ? "t-\(place)\u{0}" : "t-\(place)"
                        return (try? await store.append([event(trace: name)], tenant: tenant)) != nil || place % 8 == 0
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(!statuses.contains(false))
        }
    }
}
