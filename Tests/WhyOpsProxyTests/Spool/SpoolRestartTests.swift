import Foundation
import ServiceLifecycle
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// What several processes that are killed one after the other make of the exchanges that each left (PRX-60, PRX-69).
struct SpoolRestartTests {
    /// Small files, so that there are several.
    private func spool(_ folder: String) throws -> Spool {
        try Spool(SpoolConfiguration(folder: folder, maximumBytes: 1 << 20), logger: quiet)
    }

    /// What a killed process leaves, for the next one.
    private func kill(_ folder: String, to next: String) throws {
        try FileManager.default.copyItem(atPath: folder, toPath: next)
    }

    private func aborted(_ entries: [QueuedEntry]) -> [String] {
        keys(entries).filter { $0.hasSuffix(".aborted") }.sorted()
    }

    @Test func exchangeThatEndsInALaterFileIsNotAbortedByASecondKill() async throws {
        try await withFolder { folder in
            let first = try spool(folder + "/1")
            _ = first.append(.events([request("ended", size: 60_000)], tenant))
            _ = first.append(.events([reply("ended", size: 60_000)], tenant))
            _ = first.append(.events([request("cut", size: 60_000)], tenant))
            try #require(segmentNames(folder + "/1").count == 3)
            try kill(folder + "/1", to: folder + "/2")
            // The second process is killed after each number of portions that it can have stored.
            for portions in 0...4 {
                let place = folder + "/2-\(portions)"
                try kill(folder + "/2", to: place)
                let second = try spool(place)
                for _ in 0..<portions {
                    guard let portion = await second.next() else { break }
                    await second.remove(portion)
                }
                try kill(place, to: place + "-next")
                let left = await drain(try spool(place + "-next"))
                #expect(aborted(left) == (portions < 4 ? ["cut.aborted"] : []), "after \(portions) portions")
            }
        }
    }

    @Test func filesOfAnEarlierProcessGoWhenNoExchangeOfTheirsIsOpen() async throws {
        try await withFolder { folder in
            let first = try spool(folder + "/1")
            for number in 0..<8 {
                _ = first.append(.events([request("span-\(number)", size: 60_000)], tenant))
                _ = first.append(.events([reply("span-\(number)")], tenant))
            }
            let count = try segmentNames(folder + "/1").count
            try kill(folder + "/1", to: folder + "/2")
            let second = try spool(folder + "/2")
            // Room comes back while the rest is still waiting.
            for _ in 0..<5 { await second.remove(try #require(await second.next())) }
            #expect(try segmentNames(folder + "/2").count < count - 2)
            #expect(aborted(await drain(second)) == [])
            #expect(try segmentNames(folder + "/2") == [])
        }
    }

    @Test func exchangeWhoseEndWasLostIsNotAborted() async throws {
        try await withFolder { folder in
            let first = try spool(folder + "/1")
            for span in ["lost", "again", "cut"] { _ = first.append(.events([request(span)], tenant)) }
            // The spool is full: what the trace lacks is said once at once, and which exchanges ended every time.
            #expect(first.append(.events([reply("lost", size: 1 << 20)], tenant)) != nil)
            #expect(first.append(.events([reply("again", size: 1 << 20)], tenant)) != nil)
            try kill(folder + "/1", to: folder + "/2")
            let left = await drain(try spool(folder + "/2"))
            #expect(aborted(left) == ["cut.aborted"])
            #expect(keys(left).filter { $0.hasSuffix(".gap") }.count == 1)
        }
    }

    @Test func fileStaysWhereNoOtherCanTakeItsOpenExchanges() async throws {
        try await withFolder { folder in
            let fault = Switch()
            let disk = SpoolDisk(sync: { (file) throws(SpoolError) in
                if fault.isOn { throw SpoolError("no disk") }
                try file.sync()
            })
            let configuration = SpoolConfiguration(folder: folder + "/1", maximumBytes: 1 << 20)
            let first = try Spool(configuration, logger: quiet, disk: disk)
            fault.isOn = true
            _ = first.append(.events([request("open")], tenant))
            _ = first.append(.events([event(1, size: 70_000)], tenant))
            _ = first.append(.events([event(2, size: 70_000)], tenant))
            _ = await drain(first)
            // What took the exchange over is not on the disk, so the request's own file is.
            let names = try segmentNames(folder + "/1")
            #expect(names.first?.hasPrefix("0000000000000001-") == true)
            try kill(folder + "/1", to: folder + "/2")
            #expect(aborted(await drain(try spool(folder + "/2"))) == ["open.aborted"])
        }
    }

    @Test func abortionThatWasStoredBeforeIsNoConflict() async throws {
        try await withFolder { folder in
            let store = try await SQLiteStore.open(path: folder + "/test.sqlite", logger: quiet)
            let tenant = try await store.bootstrapKey("a-key-for-recorder-tests")
            let first = try spool(folder + "/1")
            _ = first.append(.events([request("cut"), event(1)], tenant))
            for number in 2...3 {
                // Each process is killed when the store has the abortion and before a file is removed.
                try kill(folder + "/1", to: folder + "/\(number)")
                let spool = try spool(folder + "/\(number)")
                let recorder = EventRecorder(store: store, logger: quiet, spool: spool)
                let group = ServiceGroup(configuration: .init(services: [recorder], logger: quiet))
                async let running: Void = group.run()
                await group.triggerGracefulShutdown()
                try await running
                #expect(recorder.lost == 0)
            }
            let detail = try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)
            let keys = detail?.entries.map(\.stored.event.idempotencyKey) ?? []
            #expect(Set(keys) == ["cut.request", "1", "cut.aborted"] && keys.count == 3)
            try await store.close()
        }
    }
}
