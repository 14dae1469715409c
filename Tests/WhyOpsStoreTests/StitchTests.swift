import Testing
import WhyOps

@testable import WhyOpsStore

@Suite struct StitchTests {
    // MARK: Lineage

    private func link(_ key: String, _ trace: String) throws -> StitchLink {
        StitchLink(echo: try #require(EchoID(.lineage, key)), trace: try #require(TraceID(trace)))
    }

    /// Makes what was noted older.
    private func age(_ store: SQLiteStore, hours: Double) async throws {
        try await store.pool.write {
            try $0.execute(sql: "UPDATE link_rows SET created_at = created_at - ?", arguments: [hours * 3600])
        }
    }

    @Test func lineageIsFoundInItsEnvironmentOnly() async throws {
        try await withStore { store, tenant in
            let other = try await store.bootstrapKey("another-key-for-tests", project: "other")
            let link = try link("k", "trace-1")
            _ = try await store.append([], links: [link], tenant: tenant)
            let stored = StoredLineage(trace: link.trace, isLive: true)
            #expect(try await store.lineages([link.echo], tenant: tenant) == [link.echo: stored])
            #expect(try await store.lineages([link.echo], tenant: other).isEmpty)
        }
    }

    @Test func lineageOfTwoTracesStaysSo() async throws {
        try await withStore { store, tenant in
            let (one, two) = (try link("k", "trace-1"), try link("k", "trace-2"))
            for link in [one, two, one, one] { _ = try await store.append([], links: [link], tenant: tenant) }
            let stored = StoredLineage(trace: nil, isLive: true)
            #expect(try await store.lineages([one.echo], tenant: tenant) == [one.echo: stored])
        }
    }

    @Test func lineageRestsAfterADayAndIsRememberedForThirty() async throws {
        try await withStore { store, tenant in
            let (one, two) = (try link("k", "trace-1"), try link("k", "trace-2"))
            _ = try await store.append([], links: [one], tenant: tenant)
            try await age(store, hours: 25)
            #expect(try await store.lineages([one.echo], tenant: tenant)[one.echo]?.isLive == false)
            // What is noted again lives again.
            _ = try await store.append([], links: [one], tenant: tenant)
            #expect(try await store.lineages([one.echo], tenant: tenant)[one.echo]?.isLive == true)
            // Who comes later shares it with who came first.
            try await age(store, hours: 29 * 24)
            try await store.pruneLinks()
            _ = try await store.append([], links: [two], tenant: tenant)
            #expect(try await store.lineages([one.echo], tenant: tenant)[one.echo]?.trace == nil)
            try await age(store, hours: 31 * 24)
            try await store.pruneLinks()
            #expect(try await store.lineages([one.echo], tenant: tenant).isEmpty)
        }
    }

    // MARK: Parents

    private func request(_ span: String, _ parents: String...) -> Event {
        let list = parents.map { "\"\($0)\"" }.joined(separator: ",")
        return event(span: span, metadata: #"{"stitch":{"source":"new","parents":[\#(list)]}}"#)
    }

    private func reply(_ span: String, _ names: String...) -> Event {
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        return event(.llmResponse, span: span, metadata: #"{"stitch":{"source":"new","names":[\#(list)]}}"#)
    }

    private func parents(_ events: Event...) async throws -> [Int?] {
        try await withStore { store, tenant in
            var parents: [Int?] = []
            // One by one, as exchanges bring them.
            for event in events { parents += try await store.append([event], tenant: tenant).map(\.parentStepId) }
            return parents
        }
    }

    @Test func requestFollowsTheReplyThatItNames() async throws {
        let found = try await parents(
            request("a"),
            reply("a", "one"),
            request("b", "one"),
            reply("b", "two"),
            request("c", "two")
        )
        #expect(found == [nil, 1, 2, 3, 4])
    }

    @Test func exchangesSideBySideDoNotFollowEachOther() async throws {
        let found = try await parents(
            request("a"),
            request("b"),
            reply("b", "two"),
            reply("a", "one"),
            request("c", "one")
        )
        #expect(found == [nil, nil, 2, 1, 4])
    }

    @Test func severalRequestsAfterOneReplyAreBranches() async throws {
        let found = try await parents(
            request("a"),
            reply("a", "one"),
            request("b", "one"),
            reply("b", "two"),
            request("c", "one"),
            reply("c", "three")
        )
        #expect(found == [nil, 1, 2, 3, 2, 5])
    }

    @Test func firstNameThatIsKnownDecidesAndOfItsEventsTheNewest() async throws {
        let found = try await parents(
            request("a"),
            reply("a", "old", "same"),
            request("b", "unknown", "old"),
            reply("b", "same"),
            request("c", "same", "old"),
            request("d", "nobody"),
            request("e")
        )
        #expect(found == [nil, 1, 2, 3, 4, nil, nil])
    }

    @Test func nameCountsInItsTraceOnly() async throws {
        try await withStore { store, tenant in
            var other = reply("a", "one")
            other.traceId = "other"
            let results = try await store.append([other, reply("b", "two"), request("c", "one")], tenant: tenant)
            #expect(results.map(\.parentStepId) == [nil, nil, nil])
        }
    }

    @Test func allEventsOfAnExchangeFollowEachOther() async throws {
        let thinking = event(.llmThinking, span: "a", metadata: #"{"stitch":{"source":"new"}}"#)
        let found = try await parents(request("a"), request("b"), thinking, reply("a", "one"), reply("b", "two"))
        #expect(found == [nil, nil, 1, 3, 2])
    }

    @Test func callersWordAndOtherEventsAreAsTheyWere() async throws {
        var named = request("b", "one")
        named.parentStepId = 1
        let found = try await parents(
            request("a"),
            reply("a", "one"),
            named,
            event(),
            event(metadata: #"{"stitch":1}"#)
        )
        #expect(found == [nil, 1, 1, 3, 4])
    }

    @Test func detailNamesTheParentsSpan() async throws {
        try await withStore { store, tenant in
            let events = [request("a"), reply("a", "one"), request("b", "one"), reply("b", "two"), request("c", "one")]
            _ = try await store.append(events, tenant: tenant)
            let detail = try await store.thread("trace", events: PageRequest(limit: 10), tenant: tenant)
            #expect(detail?.entries.map(\.parentSpanID) == [nil, nil, "a", nil, "a"])
        }
    }
}
