import Testing

@testable import WhyOpsStore

/// ING-90
@Suite struct SearchLaneTests {
    /// A query that never comes to an end by itself.
    private static let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    private func runForever(_ store: SQLiteStore, _ environment: String, atMost time: Duration) async throws {
        try await store.searches.run(for: environment, atMost: time) { database in
            _ = try Int.fetchOne(database, sql: Self.endless)
        }
    }

    @Test func searchEndsWhenItsTimeIsUp() async throws {
        try await withStore { store, _ in
            try await runForever(store, "e", atMost: .milliseconds(1))
            // The lane is free again.
            try await store.searches.run(for: "e", atMost: .seconds(60)) { database in
                let found = try Int.fetchOne(database, sql: "SELECT 5")
                #expect(found == 5)
            }
        }
    }

    @Test func searchEndsWithItsTask() async throws {
        try await withStore { store, _ in
            let search = Task { try await runForever(store, "e", atMost: .seconds(3600)) }
            search.cancel()
            await #expect(throws: CancellationError.self) { try await search.value }
        }
    }

    @Test func othersReadWhileOneSearches() async throws {
        try await withStore { store, tenant in
            let search = Task { try await runForever(store, tenant.environmentID, atMost: .seconds(3600)) }
            for _ in 0..<20 {
                let found = try await store.tenant(forKey: "YOPS-test-key-0001")
                #expect(found != nil)
            }
            search.cancel()
            _ = try? await search.value
        }
    }

    /// The others wait for ever, so that the first that ends is the one that was refused.
    @Test func moreThanMayWaitAreRefused() async throws {
        try await withStore { store, _ in
            await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 {
                    group.addTask { try await runForever(store, "e", atMost: .seconds(3600)) }
                }
                do {
                    _ = try await group.next()
                    Issue.record("nobody was refused")
                } catch {
                    #expect((error as? StoreError)?.code == .overloaded)
                }
                group.cancelAll()
            }
        }
    }
}
