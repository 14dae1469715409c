import Testing
import WhyOps

@testable import WhyOpsStore

@Suite struct LinkTests {
    private func link(_ echo: String, _ trace: String) throws -> StitchLink {
        StitchLink(echo: try #require(EchoID(.toolCall, echo)), trace: try #require(TraceID(trace)))
    }

    @Test func linkIsFoundInItsEnvironmentOnly() async throws {
        try await withStore { store, tenant in
            let other = try await store.bootstrapKey("another-key-for-tests", project: "other")
            let link = try link("call_1", "trace-1")
            _ = try await store.append([], links: [link], tenant: tenant)
            #expect(try await store.traces(of: [link.echo], tenant: tenant) == [link.echo: link.trace])
            #expect(try await store.traces(of: [link.echo], tenant: other).isEmpty)
        }
    }

    @Test func idThatTwoTracesGaveOutProvesNothing() async throws {
        try await withStore { store, tenant in
            let first = try link("call_0", "trace-1")
            _ = try await store.append([], links: [first, first], tenant: tenant)
            #expect(try await store.traces(of: [first.echo], tenant: tenant).count == 1)
            _ = try await store.append([], links: [try link("call_0", "trace-2")], tenant: tenant)
            #expect(try await store.traces(of: [first.echo], tenant: tenant).isEmpty)
        }
    }

    @Test func oldLinksAreForgotten() async throws {
        try await withStore { store, tenant in
            let (old, young) = (try link("call_old", "trace-1"), try link("call_young", "trace-1"))
            _ = try await store.append([], links: [old, young], tenant: tenant)
            try await store.pool.write {
                try $0.execute(sql: "UPDATE link_rows SET created_at = 0 WHERE echo = 'call_old'")
            }
            // TRC-51: also before they go.
            #expect(try await store.traces(of: [old.echo, young.echo], tenant: tenant) == [young.echo: young.trace])
            try await store.pruneLinks()
            #expect(try await store.traces(of: [old.echo, young.echo], tenant: tenant) == [young.echo: young.trace])
        }
    }
}
