import Foundation
import Synchronization
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// The files of a spool: what is appended, bounded, removed and found again.
struct SpoolTests {
    private func spool(_ folder: String, bytes: Int = 1 << 24) throws -> Spool {
        try Spool(SpoolConfiguration(folder: folder, maximumBytes: bytes), logger: quiet)
    }

    @Test func whatIsAppendedIsThereInOrderForTheNextOne() async throws {
        try await withFolder { folder in
            // Nothing is closed: the first one is as a killed process leaves it, but for its lock.
            let first = try spool(folder + "/one", bytes: 1 << 20)
            for number in 0..<500 { #expect(first.append(.events([event(number, size: 900)], tenant)) == nil) }
            #expect(try segmentNames(folder + "/one").count > 3)
            try FileManager.default.copyItem(atPath: folder + "/one", toPath: folder + "/two")
            let second = try spool(folder + "/two", bytes: 1 << 20)
            #expect(second.append(.events([event(500)], tenant)) == nil)
            #expect(keys(await drain(second)) == (0...500).map { "\($0)" })
        }
    }

    @Test func portionComesAgainUntilItIsRemoved() async throws {
        try await withFolder { folder in
            let spool = try spool(folder)
            _ = spool.append(.events([event(0)], tenant))
            #expect(keys(await spool.next()?.entries ?? []) == ["0"])
            let portion = try #require(await spool.next())
            #expect(keys(portion.entries) == ["0"])
            await spool.remove(portion)
            #expect(await spool.next() == nil)
            _ = spool.append(.events([event(1)], tenant))
            #expect(keys(await spool.next()?.entries ?? []) == ["1"])
        }
    }

    /// The first pair opens a file, and so do some of the others; the rest is written behind what is there.
    @Test func pairsAreTwoEntriesInTheirOrder() async throws {
        try await withFolder { folder in
            let spool = try spool(folder, bytes: 1 << 20)
            let echo = try #require(EchoID(.toolCall, "call_0123456789abcdef"))
            let links = QueuedEntry.links([StitchLink(echo: echo, trace: try #require(TraceID("trace")))], tenant)
            var kept: [QueuedEntry] = []
            for number in 0..<200 {
                let events = QueuedEntry.events([event(number, size: 900)], tenant)
                let refusals = spool.append(links, events)
                #expect(refusals.first == nil && refusals.second == nil)
                kept += [links, events]
            }
            #expect(try segmentNames(folder).count > 2)
            #expect(spool.waiting.events == 200)
            #expect(await drain(spool) == kept)
            #expect(spool.waiting.events == 0 && spool.lost == 0)
        }
    }

    @Test func pairsThatFindNoRoomAreLostLikeSingleEvents() async throws {
        try await withFolder { folder in
            let spool = try spool(folder, bytes: 100_000)
            let echo = try #require(EchoID(.toolCall, "call_0123456789abcdef"))
            let links = QueuedEntry.links([StitchLink(echo: echo, trace: try #require(TraceID("trace")))], tenant)
            var lost = 0
            for number in 0..<100 {
                let refusals = spool.append(links, .events([event(number, size: 2_000)], tenant))
                lost += refusals.second == nil ? 0 : 1
            }
            #expect(lost > 40 && spool.lost == lost)
            let events = await drain(spool).filter { $0.eventCount > 0 }
            #expect(keys(events.dropLast()) == (0..<100 - lost).map { "\($0)" })
            #expect(gap(in: events.last)?.events == 1)
        }
    }

    @Test func filesGoWhenTheStoreHasThem() async throws {
        try await withFolder { folder in
            let spool = try spool(folder)
            for number in 0..<100 { _ = spool.append(.events([event(number, size: 50_000)], tenant)) }
            #expect(try segmentNames(folder).count > 3)
            #expect(await drain(spool).count == 100)
            #expect(try segmentNames(folder).count <= 1)
            await spool.close()
            #expect(try segmentNames(folder) == [])
        }
    }

    @Test func fullSpoolTakesNoMoreAndSaysSoInTheTrace() async throws {
        try await withFolder { folder in
            let spool = try spool(folder, bytes: 100_000)
            var kept: [String] = []
            for number in 0..<100 where spool.append(.events([event(number, size: 2_000)], tenant)) == nil {
                kept.append("\(number)")
            }
            #expect(kept == (0..<kept.count).map { "\($0)" } && kept.count > 40)
            #expect(spool.lost == 100 - kept.count)
            let entries = await drain(spool)
            // The marker of the first loss is on the disk already.
            let marker = try #require(gap(in: entries.last))
            #expect(keys(entries.dropLast()) == kept)
            #expect(marker.events == 1 && marker.reason == "spool_full")
            // The others come before the next event of the trace.
            #expect(spool.append(.events([event(200), event(201)], tenant)) == nil)
            let rest = await drain(spool)
            #expect(rest.count == 2 && gap(in: rest[0])?.events == 99 - kept.count)
            #expect(keys([rest[1]]) == ["200", "201"])
            #expect(spool.takeGaps() == [])
        }
    }

    @Test func gapsOfTracesThatEndAreGivenWhenNothingWaits() async throws {
        try await withFolder { folder in
            let spool = try spool(folder)
            let events = [event(0, trace: "a"), event(1, trace: "b"), event(2, trace: "a")]
            spool.state.withLock { spool.lose(events, tenant, .spoolFailed, &$0) }
            let gaps = spool.takeGaps()
            #expect(Set(gaps.compactMap { gap(in: $0)?.trace }) == ["a", "b"])
            #expect(gaps.compactMap { gap(in: $0)?.events }.sorted() == [1, 2])
            #expect(spool.takeGaps() == [])
        }
    }

    @Test func markersAreEventsThatTheStrictProfileTakes() async throws {
        try await withFolder { folder in
            let spool = try spool(folder)
            spool.state.withLock { spool.lose([event(0)], tenant, .spoolFailed, &$0) }
            guard case .events(let events, _) = try #require(spool.takeGaps().first) else { return }
            let json = try JSONDocument(events[0].json).root
            #expect(try EventValidator(profile: .strict).read(json).events == events)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatIsAppendedIsSyncedWithoutBeingAsked() async throws {
        try await withFolder { folder in
            let spool = try spool(folder)
            for number in 0..<3 {
                _ = spool.append(.events([event(number)], tenant))
                #expect(!spool.isSynced)
                while !spool.isSynced { await Task.yield() }
            }
            #expect(keys(await drain(spool)) == ["0", "1", "2"])
        }
    }

    @Test func secondOwnerIsRefusedByName() async throws {
        try await withFolder { folder in
            let first = try spool(folder)
            let error = #expect(throws: SpoolError.self) { try spool(folder) }
            #expect(error?.message.contains("'\(folder)' is in use by another process") == true)
            await first.close()
        }
    }

    @Test func nobodyElseMayLook() async throws {
        try await withFolder { parent in
            let folder = parent + "/spool"
            let spool = try spool(folder)
            _ = spool.append(.events([event(0)], tenant))
            #expect(try mode(of: folder) == 0o700)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                #expect(try mode(of: folder + "/" + name) == 0o600)
            }
        }
    }

    @Test func openExchangesOutliveTheFilesOfTheirRequests() async throws {
        try await withFolder { folder in
            var request = event(0, trace: "open")
            request.spanId = "span_1"
            request.idempotencyKey = "span_1.request"
            var ended = request
            ended.spanId = "span_2"
            ended.idempotencyKey = "span_2.request"
            var reply = event(1, trace: "open")
            reply.eventType = .llmResponse
            reply.spanId = "span_2"
            let first = try spool(folder + "/1")
            _ = first.append(.events([request], tenant))
            _ = first.append(.events([ended], tenant))
            _ = first.append(.events([reply], tenant))
            // The request's file goes, and the next one has to speak for it.
            for number in 0..<3 {
                _ = first.append(.events([event(number, size: 2 << 20)], tenant))
                _ = await drain(first)
            }
            // Several processes die before the store has it.
            for number in 1...3 {
                try FileManager.default.copyItem(atPath: folder + "/\(number)", toPath: folder + "/\(number + 1)")
                let next = try spool(folder + "/\(number + 1)")
                var left: [String] = []
                while let portion = await next.next() {
                    left += keys(portion.entries)
                    if portion.segment == 0 { break }
                    await next.remove(portion)
                }
                #expect(left.last == "span_1.aborted")
                #expect(left.filter { $0.hasSuffix(".aborted") }.count == 1)
                #expect(!next.isEmpty)
            }
            try FileManager.default.copyItem(atPath: folder + "/4", toPath: folder + "/5")
            let last = try spool(folder + "/5")
            #expect(keys(await drain(last)).last == "span_1.aborted")
            #expect(last.isEmpty)
        }
    }

    @Test func damagedFileCostsOnlyWhatIsDamaged() async throws {
        try await withFolder { folder in
            let first = try spool(folder + "/one")
            for number in 0..<10 { _ = first.append(.events([event(number, size: 100)], tenant)) }
            try FileManager.default.copyItem(atPath: folder + "/one", toPath: folder + "/two")
            let name = try #require(segmentNames(folder + "/two").first)
            let file = try SpoolFile(folder + "/two/" + name, .existing)
            try file.write([0xFF], at: try file.size() / 2)
            file.truncate(to: try file.size() - 1)
            #expect(keys(await drain(try spool(folder + "/two"))).count == 8)
        }
    }

    @Test func otherFilesInTheFolderAreLeftAlone() async throws {
        try await withFolder { folder in
            let path = folder + "/0000000000000001-notes.spool"
            try Data("mine".utf8).write(to: URL(filePath: path))
            try setMode(0o700, of: folder)
            let spool = try spool(folder)
            _ = spool.append(.events([event(0)], tenant))
            #expect(await drain(spool).count == 1)
            await spool.close()
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        }
    }

    private func gap(in entry: QueuedEntry?) -> (trace: String, events: Int, reason: String)? {
        guard case .events(let events, _)? = entry, let event = events.first, event.eventType == .error,
            let metadata = event.metadata, let gap = try? JSONDocument(metadata).root["gap"]
        else { return nil }
        return (event.traceId, gap["events"]?.integer ?? 0, gap["reason"]?.string ?? "")
    }
}
