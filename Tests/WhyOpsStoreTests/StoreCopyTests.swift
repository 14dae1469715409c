import Foundation
import GRDB
import Testing
import WhyOps

@testable import WhyOpsStore

/// Copies of stores, and stores that are put back from them (STO-30 to STO-37).
@Suite struct StoreCopyTests {
    /// A store with traces `t0` to a number, closed.
    private func makeStore(_ path: String, traces: Int) async throws {
        let store = try await SQLiteStore.open(path: path)
        let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
        for trace in 0..<traces { _ = try await store.append([event(trace: "t\(trace)")], tenant: tenant) }
        try await store.close()
    }

    private func backUp(_ path: String, _ file: String, isForced: Bool = false) async throws -> StoreReport {
        try await SQLiteCopies.backUp(path, to: file, isForced: isForced) { _ in }
    }

    private func restore(_ file: String, _ path: String, isForced: Bool = false) async throws -> StoreReport {
        try await SQLiteCopies.restore(file, to: path, isForced: isForced) { _ in }
    }

    private func traces(_ path: String) async throws -> Int {
        try await StoreInspection.check(path: path) { _ in }.traces
    }

    private func refusal(_ part: String, _ body: () async throws -> StoreReport) async {
        do {
            _ = try await body()
            Issue.record("it was not refused")
        } catch {
            let message = (error as? StoreError)?.message ?? "\(error)"
            #expect(message.contains(part), "\(message)")
        }
    }

    @Test func aCopyIsAStore() async throws {
        try await withDatabaseFile { path in
            try await makeStore(path, traces: 3)
            let file = path + ".copy"
            let report = try await backUp(path, file)
            #expect(report.isSound && report.traces == 3)
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            let folder = URL(filePath: file).deletingLastPathComponent().path
            let beside = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("copy") }
            #expect(beside == ["store.sqlite.copy"])
            let store = try await SQLiteStore.open(path: file)
            let tenant = try #require(try await store.tenant(forKey: "YOPS-test-key-0001"))
            #expect(try await store.append([event(trace: "t0")], tenant: tenant).map(\.stepId) == [2])
            try await store.close()
        }
    }

    /// What was acknowledged before is there, and what comes meanwhile is there up to one moment.
    @Test func aCopyUnderLoadIsOneMoment() async throws {
        try await withDatabaseFile { path in
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            let content = "\"" + String(repeating: "x", count: 20_000) + "\""
            for _ in 0..<200 { _ = try await store.append([event(trace: "a", content: content)], tenant: tenant) }
            let writer = Task {
                var count = 200
                while !Task.isCancelled {
                    // Each append is one step of both traces.
                    let events = [event(trace: "a", content: content), event(trace: "b")]
                    _ = try await store.append(events, tenant: tenant)
                    count += 1
                }
                return count
            }
            var reports: [StoreReport] = []
            for number in 0..<4 { reports.append(try await backUp(path, path + ".\(number)")) }
            writer.cancel()
            let written = try await writer.value
            #expect(reports.allSatisfy { $0.isSound })
            for number in 0..<4 {
                let copy = try DatabaseQueue(path: path + ".\(number)")
                let counts = try await copy.read { database in
                    try GRDB.Row.fetchAll(
                        database,
                        sql: "SELECT trace_id, event_count, last_step FROM trace_rows ORDER BY trace_id"
                    ).map { [$0[1] as Int, $0[2] as Int] }
                }
                let (a, b) = (counts[0], counts.count > 1 ? counts[1] : [0, 0])
                #expect(a[0] == a[1] && a[0] == 200 + b[0] && a[0] <= written)
                try copy.close()
            }
            try await store.close()
        }
    }

    @Test func nothingIsOverwrittenUnasked() async throws {
        try await withDatabaseFile { path in
            try await makeStore(path, traces: 1)
            let file = path + ".copy"
            try Data("mine".utf8).write(to: URL(filePath: file))
            await refusal("--force") { try await backUp(path, file) }
            #expect(try Data(contentsOf: URL(filePath: file)) == Data("mine".utf8))
            #expect(try await backUp(path, file, isForced: true).traces == 1)
            await refusal("the store itself") { try await backUp(path, path, isForced: true) }
            await refusal("the store itself") { try await restore(path, path, isForced: true) }
            let other = path + ".other"
            let store = try await SQLiteStore.open(path: other)
            await refusal("in use") { try await backUp(path, other, isForced: true) }
            try await store.close()
        }
    }

    @Test func aStoreIsPutBack() async throws {
        try await withDatabaseFile { path in
            try await makeStore(path, traces: 3)
            let file = path + ".copy"
            _ = try await backUp(path, file)
            let store = try await SQLiteStore.open(path: path)
            let tenant = try #require(try await store.tenant(forKey: "YOPS-test-key-0001"))
            _ = try await store.append([event(trace: "later")], tenant: tenant)
            await refusal("in use") { try await restore(file, path, isForced: true) }
            try await store.close()
            await refusal("--force") { try await restore(file, path) }
            #expect(try await traces(path) == 4)
            #expect(try await restore(file, path, isForced: true).traces == 3)
            let again = try await SQLiteStore.open(path: path)
            let query = ThreadQuery(page: PageRequest(limit: 9))
            #expect(try await again.threads(matching: query, tenant: tenant).total == 3)
            try await again.close()
            // To where nothing was.
            #expect(try await restore(file, path + ".new").traces == 3)
            #expect(try await traces(path + ".new") == 3)
        }
    }

    @Test func whatIsNoCopyIsRefusedBeforeAnythingIsTouched() async throws {
        try await withDatabaseFile { path in
            try await makeStore(path, traces: 2)
            let before = try Data(contentsOf: URL(filePath: path))
            let file = path + ".copy"
            await refusal("no file") { try await restore(file, path, isForced: true) }
            try Data(repeating: 7, count: 5000).write(to: URL(filePath: file))
            await refusal("damaged") { try await restore(file, path, isForced: true) }
            try FileManager.default.removeItem(atPath: file)
            let foreign = try DatabaseQueue(path: file)
            try await foreign.write { try $0.execute(sql: "CREATE TABLE events (n)") }
            try foreign.close()
            await refusal("another program") { try await restore(file, path, isForced: true) }
            await refusal("another program") { try await restore(path, file, isForced: true) }
            try FileManager.default.removeItem(atPath: file)
            _ = try await backUp(path, file)
            let newer = try DatabaseQueue(path: file)
            try await newer.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99-later')") }
            try newer.close()
            await refusal("later version") { try await restore(file, path, isForced: true) }
            await refusal("later version") { try await backUp(file, path + ".x") }
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test func aDamagedCopyOrStoreIsFoundOut() async throws {
        try await withDatabaseFile { path in
            try await makeStore(path, traces: 200)
            let file = path + ".copy"
            _ = try await backUp(path, file)
            var bytes = try Data(contentsOf: URL(filePath: file))
            // Behind the first pages, which say what it is.
            for place in stride(from: bytes.count / 2, to: bytes.count, by: 97) { bytes[place] ^= 0x55 }
            try bytes.write(to: URL(filePath: file))
            // Findings, or a word where it cannot even be read.
            func isFoundOut(_ body: () async throws -> StoreReport) async throws {
                do {
                    let report = try await body()
                    #expect(!report.isSound)
                    #expect(report.findings.allSatisfy { $0.code.hasPrefix("engine.") })
                } catch let error as StoreError {
                    #expect(error.message.contains("damaged"))
                }
            }
            try await isFoundOut { try await restore(file, path, isForced: true) }
            #expect(try await traces(path) == 200)
            // Nor is one made of it.
            try await isFoundOut { try await backUp(file, path + ".x") }
            #expect(!FileManager.default.fileExists(atPath: path + ".x"))
            #expect(!FileManager.default.fileExists(atPath: path + ".x.part"))
        }
    }

    @Test func anEarlierCopyIsBroughtUpToDateWhenItIsOpened() async throws {
        try await withDatabaseFile { path in
            let file = path + ".copy"
            let queue = try DatabaseQueue(path: file)
            try Schema.migrator.migrate(queue, upTo: "12-reading")
            try queue.close()
            #expect(try await !restore(file, path).isCurrent)
            let store = try await SQLiteStore.open(path: path)
            let tenant = try await store.bootstrapKey("YOPS-test-key-0001")
            _ = try await store.append([event()], tenant: tenant)
            try await store.close()
            #expect(try await traces(path) == 1)
        }
    }
}
