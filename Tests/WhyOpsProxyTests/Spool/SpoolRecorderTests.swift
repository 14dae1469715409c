import Foundation
import Logging
import ServiceLifecycle
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// The recorder over a spool and a store that is away now and then.
struct SpoolRecorderTests {
    private func withStore(_ body: (String, SwitchedStore, Tenant) async throws -> Void) async throws {
        try await withFolder { folder in
            let store = try await SQLiteStore.open(path: folder + "/test.sqlite", logger: quiet)
            let tenant = try await store.bootstrapKey("a-key-for-recorder-tests")
            try await body(folder + "/spool", SwitchedStore(store), tenant)
            try await store.close()
        }
    }

    /// One life of a process: what it does while its recorder works, and a graceful stop.
    private func run(
        _ folder: String,
        _ store: SwitchedStore,
        bytes: Int = 1 << 26,
        _ body: (EventRecorder) async throws -> Void
    ) async throws {
        let spool = try Spool(SpoolConfiguration(folder: folder, maximumBytes: bytes), logger: quiet)
        let recorder = EventRecorder(store: store, logger: quiet, spool: spool)
        let group = ServiceGroup(configuration: .init(services: [recorder], logger: quiet))
        async let running: Void = group.run()
        try await body(recorder)
        await group.triggerGracefulShutdown()
        try await running
    }

    private func stored(_ trace: String, _ store: SwitchedStore, _ tenant: Tenant) async throws -> [Event] {
        let detail = try await store.thread(trace, events: PageRequest(limit: 5000), tenant: tenant)
        return (detail?.entries ?? []).map(\.stored.event).sorted { ($0.stepId ?? 0) < ($1.stepId ?? 0) }
    }

    @Test func everythingIsStoredInOrderBeforeItStops() async throws {
        try await withStore { folder, store, tenant in
            try await run(folder, store) { recorder in
                for number in 0..<1500 { recorder.record([event(number)], tenant: tenant) }
            }
            #expect(try await stored("trace", store, tenant).map(\.idempotencyKey) == (0..<1500).map { "\($0)" })
            #expect(try segmentNames(folder) == [])
        }
    }

    @Test func whatAStoreThatIsAwayDoesNotTakeIsThereAfterARestart() async throws {
        try await withStore { folder, store, tenant in
            let echo = try #require(EchoID(.toolCall, "call_1"))
            let trace = try #require(TraceID("trace"))
            store.leave()
            try await run(folder, store) { recorder in
                for number in 0..<100 { recorder.record([event(number)], tenant: tenant) }
                recorder.record([StitchLink(echo: echo, trace: trace)], tenant: tenant)
            }
            #expect(store.refused > 0)
            store.comeBack()
            try await run(folder, store) { recorder in
                recorder.record([event(100)], tenant: tenant)
            }
            #expect(try await stored("trace", store, tenant).map(\.idempotencyKey) == (0...100).map { "\($0)" })
            #expect(try await store.traces(of: [echo], tenant: tenant) == [echo: trace])
        }
    }

    @Test func whatIsLeftIsStoredBeforeTheListenersBegin() async throws {
        try await withStore { folder, store, tenant in
            store.leave()
            try await run(folder, store) { $0.record([event(0), event(1)], tenant: tenant) }
            let spool = try Spool(SpoolConfiguration(folder: folder), logger: quiet)
            let recorder = EventRecorder(store: store, logger: quiet, spool: spool)
            // A store that is still away holds nothing up.
            await recorder.recover(within: .seconds(60))
            #expect(!spool.isEmpty)
            store.comeBack()
            await recorder.recover(within: .seconds(60))
            #expect(spool.isEmpty)
            #expect(try await stored("trace", store, tenant).count == 2)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func storeThatDoesNotAnswerHoldsTheListenersUpForALimitedTime() async throws {
        try await withStore { folder, store, tenant in
            store.leave()
            try await run(folder, store) { $0.record([event(0), event(1)], tenant: tenant) }
            store.comeBack()
            store.hold()
            let spool = try Spool(SpoolConfiguration(folder: folder), logger: quiet)
            let recorder = EventRecorder(store: store, logger: quiet, spool: spool)
            await recorder.recover(within: .milliseconds(1))
            #expect(!spool.isEmpty)
            recorder.record([event(2)], tenant: tenant)
            let group = ServiceGroup(configuration: .init(services: [recorder], logger: quiet))
            async let running: Void = group.run()
            store.release()
            await group.triggerGracefulShutdown()
            try await running
            #expect(try await stored("trace", store, tenant).map(\.idempotencyKey) == ["0", "1", "2"])
        }
    }

    @Test func eventsThatWereStoredBeforeAreNotStoredAgain() async throws {
        try await withStore { folder, store, tenant in
            // What a process leaves that was killed after the store's commit.
            _ = try await store.append([event(0), event(1)], tenant: tenant)
            store.leave()
            try await run(folder, store) { recorder in
                for number in 0..<4 { recorder.record([event(number)], tenant: tenant) }
            }
            store.comeBack()
            try await run(folder, store) { _ in }
            #expect(try await stored("trace", store, tenant).map(\.idempotencyKey) == ["0", "1", "2", "3"])
        }
    }

    @Test func lossesLeaveAMarkerWhereTheEventsAreMissing() async throws {
        try await withStore { folder, store, tenant in
            store.leave()
            let sizes = [2_000, 200_000, 2_000]
            try await run(folder, store, bytes: 65_536) { recorder in
                for (number, size) in sizes.enumerated() {
                    recorder.record([event(number, size: size)], tenant: tenant)
                }
                #expect(recorder.lost == 1)
            }
            store.comeBack()
            try await run(folder, store) { _ in }
            let events = try await stored("trace", store, tenant)
            #expect(events.map(\.eventType) == [.userMessage, .error, .userMessage])
            let gap = try JSONDocument(try #require(events[1].metadata)).root["gap"]
            #expect(gap?["events"]?.integer == 1)
            #expect(events.map(\.idempotencyKey).last == "2")
        }
    }

    @Test func conflictingEventDoesNotTakeTheOthersWithItAndLeavesAMarker() async throws {
        try await withStore { folder, store, tenant in
            try await run(folder, store) { recorder in
                recorder.record([event(0), event(1)], tenant: tenant)
                recorder.record([event(0, size: 11), event(2)], tenant: tenant)
            }
            let events = try await stored("trace", store, tenant)
            #expect(events.map(\.idempotencyKey) == ["0", "1", "0.gap", "2"])
            #expect(events.map(\.eventType) == [.userMessage, .userMessage, .error, .userMessage])
            // A process that was killed before the file was removed leaves no second one.
            try await run(folder, store) { recorder in
                recorder.record([event(0, size: 11), event(2)], tenant: tenant)
            }
            #expect(try await stored("trace", store, tenant) == events)
        }
    }

    @Test func whatIsNewIsLeftForWhoWorksAfterwards() async throws {
        try await withStore { folder, store, tenant in
            store.leave()
            try await run(folder, store) { $0.record([event(0), event(1)], tenant: tenant) }
            store.comeBack()
            store.hold()
            let spool = try Spool(SpoolConfiguration(folder: folder), logger: quiet)
            let recorder = EventRecorder(store: store, logger: quiet, spool: spool)
            async let recovery: Void = recorder.recover(within: .seconds(60))
            while !store.isAsked { await Task.yield() }
            // Under load there is always something new, which must not keep a process from its end.
            recorder.record([event(2)], tenant: tenant)
            store.release()
            await recovery
            #expect(!spool.isEmpty)
            #expect(try await stored("trace", store, tenant).map(\.idempotencyKey) == ["0", "1"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func traceThatTakesNothingMoreEndsWithoutAMarker() async throws {
        try await withStore { folder, store, tenant in
            var last = event(0)
            last.stepId = Int(Int32.max)
            _ = try await store.append([last], tenant: tenant)
            try await run(folder, store) { recorder in
                recorder.record([event(1), event(2, trace: "other")], tenant: tenant)
                while recorder.lost == 0 { await Task.yield() }
                recorder.record([event(3)], tenant: tenant)
            }
            #expect(try await stored("trace", store, tenant).map(\.idempotencyKey) == ["0"])
            #expect(try await stored("other", store, tenant).map(\.idempotencyKey) == ["2"])
            #expect(try segmentNames(folder) == [])
            try await run(folder, store) { #expect($0.lost == 0) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatTheStoreCanNeverTakeHoldsNothingUp() async throws {
        try await withStore { folder, store, tenant in
            let foreign = Tenant(projectID: "p", environmentID: "gone", environmentName: "PRODUCTION", keyID: "k")
            let link = StitchLink(
                echo: try #require(EchoID(.toolCall, "call_1")),
                trace: try #require(TraceID("trace"))
            )
            store.leave()
            try await run(folder, store) { recorder in
                recorder.record([link], tenant: foreign)
                recorder.record([event(0), event(1)], tenant: foreign)
                recorder.record([event(2)], tenant: tenant)
                recorder.record([link], tenant: tenant)
            }
            store.comeBack()
            try await run(folder, store) { recorder in
                while recorder.lost < 2 { await Task.yield() }
                recorder.record([event(3)], tenant: tenant)
            }
            #expect(try await stored("trace", store, tenant).map(\.idempotencyKey) == ["2", "3"])
            #expect(try await store.traces(of: [link.echo], tenant: tenant) == [link.echo: link.trace])
            #expect(try segmentNames(folder) == [])
        }
    }

    @Test func keysOfOneEnvironmentShareTheOrderOfATrace() async throws {
        try await withStore { folder, store, tenant in
            let other = Tenant(
                projectID: tenant.projectID,
                environmentID: tenant.environmentID,
                environmentName: tenant.environmentName,
                keyID: "another"
            )
            store.leave()
            try await run(folder, store) { recorder in
                for number in 0..<9 { recorder.record([event(number)], tenant: number % 2 == 0 ? tenant : other) }
            }
            store.comeBack()
            try await run(folder, store) { _ in }
            #expect(try await stored("trace", store, tenant).map(\.idempotencyKey) == (0..<9).map { "\($0)" })
        }
    }

    @Test func severalThreadsKeepTheOrderOfEachTrace() async throws {
        try await withStore { folder, store, tenant in
            try await run(folder, store) { recorder in
                await withTaskGroup { group in
                    for thread in 0..<8 {
                        group.addTask {
                            for number in 0..<200 {
                                recorder.record([event(number, trace: "trace-\(thread)", size: 700)], tenant: tenant)
                            }
                        }
                    }
                }
            }
            for thread in 0..<8 {
                let events = try await stored("trace-\(thread)", store, tenant)
                #expect(events.map(\.idempotencyKey) == (0..<200).map { "\($0)" })
            }
        }
    }

    /// PRX-122.
    @Test func aStoreThatHangsDoesNotKeepTheProcessFromEnding() async throws {
        try await withStore { folder, store, tenant in
            let spool = try Spool(SpoolConfiguration(folder: folder, maximumBytes: 1 << 26), logger: quiet)
            let recorder = EventRecorder(store: store, logger: quiet, spool: spool, afterTime: .milliseconds(50))
            let ended = Switch()
            let running = Task {
                try await recorder.run()
                ended.isOn = true
            }
            store.hold()
            recorder.record([event(1)], tenant: tenant)
            while !store.isAsked { await Task.yield() }
            #expect(!ended.isOn)
            running.cancel()
            try await running.value
            #expect(ended.isOn && store.isAsked)
            #expect(recorder.waiting.events == 1)
            store.release()
            while recorder.waiting.events > 0 { await Task.yield() }
            #expect(try await stored("trace", store, tenant).count == 1)
        }
    }
}
