import Foundation
import Testing
import WhyOps

@testable import WhyOpsStore

@Suite struct DurabilityTests {
    /// 2 is FULL; the pool alone would leave 1, NORMAL, under which a commit can be lost with the power.
    @Test func writerConnectionSyncsEveryCommit() async throws {
        try await withSQLiteStore { store, _ in
            let pool = try #require(store.pool as? SQLitePool)
            let (synchronous, journal, foreignKeys, temporary) = try await pool.writeWithoutTransaction { database in
                (
                    try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                    try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                    try Int.fetchOne(database, sql: "PRAGMA foreign_keys"),
                    try Int.fetchOne(database, sql: "PRAGMA temp_store")
                )
            }
            #expect(synchronous == 2)
            #expect(journal == "wal")
            #expect(foreignKeys == 1)
            // 2 is memory: contents of events are written to no file but the store's own.
            #expect(temporary == 2)
        }
    }

    @Test func eventsAreThereAfterReopening() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            let saved = try await store.append([event(content: #"{"n":1.10}"#)], tenant: tenant)
            try await store.close()

            let reopened = try await SQLiteStore.open(path: path)
            #expect(try await reopened.tenant(forKey: "YOPS-test-key-0001") == tenant)
            let found = try await reopened.event(id: saved[0].id, tenant: tenant)
            #expect(found?.event.content == Array(#"{"n":1.10}"#.utf8))
            try await reopened.close()
        }
    }

    @Test func databaseOfALaterVersionIsRefused() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            try await store.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99-future')") }
            try await store.close()
            let error = try await #require(throws: StoreError.self) { _ = try await SQLiteStore.open(path: path) }
            #expect(error.code == .newerDatabase)
            #expect(error.message.contains("later version"))
        }
    }

    @Test func fileThatIsNoDatabaseIsRefused() async throws {
        try await withDatabaseFile { path in
            try Data(repeating: 0x41, count: 8192).write(to: URL(filePath: path))
            let error = try await #require(throws: StoreError.self) { _ = try await SQLiteStore.open(path: path) }
            #expect(error.code == .unavailable)
        }
    }

    @Test func closedStoreRefuses() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            try await store.close()
            let error = try await #require(throws: StoreError.self) {
                _ = try await store.append([event()], tenant: tenant)
            }
            #expect(error.code == .closed)
        }
    }

    @Test func tooMuchWaitingIsRefusedAndTheRestIsStored() async throws {
        try await withStore(limits: AppendLimits(events: 5)) { store, tenant in
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<40 {
                    group.addTask { (try? await store.append([event(), event()], tenant: tenant)) != nil }
                }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            let stored = try await store.events(matching: EventQuery(page: PageRequest(limit: 200)), tenant: tenant)
            #expect(stored.total == outcomes.count { $0 } * 2)
            #expect(outcomes.contains(true))
            #expect(outcomes.contains(false))
        }
    }

    @Test func severalProcessesShareAFile() async throws {
        try await withDatabaseFile { path in
            let stores = try await withThrowingTaskGroup(of: SQLiteStore.self) { group in
                for _ in 0..<3 { group.addTask { try await SQLiteStore.open(path: path) } }
                return try await group.reduce(into: [SQLiteStore]()) { $0.append($1) }
            }
            let tenant = try await stores[0].bootstrapKey("YOPS-test-key-0001")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<30 {
                    group.addTask { _ = try await stores[index % 3].append([event()], tenant: tenant) }
                }
                try await group.waitForAll()
            }
            let page = EventQuery(page: PageRequest(limit: 200))
            let steps = try await stores[1].events(matching: page, tenant: tenant).items.compactMap(\.event.stepId)
            #expect(steps.sorted() == Array(1...30))
            for store in stores { try await store.close() }
        }
    }
}
