import Testing
import WhyOps

@testable import WhyOpsStore

/// Values of another type than was stored (STO-14).
struct DamageTests {
    @Test func whatReadsThemFails() async throws {
        try await withStore { store, tenant in
            let failure = await #expect(throws: DatabaseError.self) {
                _ = try await store.pool.read { try Int.fetchOne($0, sql: "SELECT 'x' FROM projects") ?? 0 }
            }
            #expect(failure?.code == "damaged")
            let next = try await store.append([event()], tenant: tenant)
            #expect(next.map(\.stepId) == [1])
        }
    }

    @Test func nothingIsWrittenThatGoesByThem() async throws {
        try await withStore { store, tenant in
            _ = try await store.append([event()], tenant: tenant)
            await #expect(throws: DatabaseError.self) {
                try await store.pool.write { database in
                    let step = try Int.fetchOne(database, sql: "SELECT 'x' FROM projects") ?? 7
                    try database.execute(sql: "UPDATE trace_rows SET last_step = ?", arguments: [step + 40])
                }
            }
            let next = try await store.append([event()], tenant: tenant)
            #expect(next.map(\.stepId) == [2])
        }
    }
}
