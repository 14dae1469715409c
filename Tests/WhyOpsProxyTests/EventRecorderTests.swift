import Foundation
import Logging
import ServiceLifecycle
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// The recorder over a real store.
struct EventRecorderTests {
    private func withRecorder(
        maximumBytes: Int = 1 << 30,
        _ body: (EventRecorder, SQLiteStore, Tenant, ServiceGroup) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try await SQLiteStore.open(
            path: folder.appending(path: "test.sqlite").path(),
            limits: AppendLimits(events: 10_000, bytes: 16 << 20),
            logger: quiet
        )
        let tenant = try await store.bootstrapKey("a-key-for-recorder-tests")
        let recorder = EventRecorder(store: store, logger: quiet, maximumBytes: maximumBytes)
        let group = ServiceGroup(configuration: .init(services: [recorder], logger: quiet))
        try await body(recorder, store, tenant, group)
        try await store.close()
    }

    private func event(_ number: Int, trace: String = "trace", size: Int = 10) -> Event {
        Event(
            eventType: .userMessage,
            traceId: trace,
            agentName: "agent",
            content: Array("\"\(String(repeating: "x", count: size))\"".utf8),
            idempotencyKey: "\(number)"
        )
    }

    @Test func everythingIsStoredInOrderBeforeItStops() async throws {
        try await withRecorder { recorder, store, tenant, group in
            async let running: Void = group.run()
            for number in 0..<1500 { recorder.record([event(number)], tenant: tenant) }
            await group.triggerGracefulShutdown()
            try await running
            let page = PageRequest(limit: 2000)
            let detail = try #require(try await store.thread("trace", events: page, tenant: tenant))
            #expect(detail.entries.map(\.stored.event.idempotencyKey) == (0..<1500).map { "\($0)" })
            #expect(recorder.lost == 0)
        }
    }

    @Test func moreThanTheStoreTakesAtOnceIsStoredInParts() async throws {
        try await withRecorder { recorder, store, tenant, group in
            for number in 0..<6 {
                recorder.record([event(number, trace: "large", size: 4 << 20)], tenant: tenant)
            }
            async let running: Void = group.run()
            await group.triggerGracefulShutdown()
            try await running
            let detail = try await store.thread("large", events: PageRequest(limit: 1), tenant: tenant)
            #expect(detail?.thread.eventCount == 6)
            #expect(recorder.lost == 0)
        }
    }

    @Test func itWaitsForExchangesThatHaveNotEnded() async throws {
        try await withRecorder { recorder, store, tenant, group in
            recorder.begin()
            async let running: Void = group.run()
            await group.triggerGracefulShutdown()
            recorder.record([event(0)], tenant: tenant)
            recorder.end()
            try await running
            #expect(try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)?.entries.count == 1)
        }
    }

    @Test func whatIsTooMuchIsCounted() async throws {
        try await withRecorder(maximumBytes: 100) { recorder, _, tenant, _ in
            recorder.record([event(0, size: 80)], tenant: tenant)
            recorder.record([event(1, size: 80), event(2, size: 1)], tenant: tenant)
            #expect(recorder.lost == 2)
        }
    }

    @Test func conflictingEventDoesNotTakeTheOthersWithIt() async throws {
        try await withRecorder { recorder, store, tenant, group in
            recorder.record([event(0), event(1, size: 5)], tenant: tenant)
            var other = event(0)
            other.content = Array("\"different\"".utf8)
            recorder.record([other, event(2)], tenant: tenant)
            async let running: Void = group.run()
            await group.triggerGracefulShutdown()
            try await running
            let detail = try await store.thread("trace", events: PageRequest(limit: 9), tenant: tenant)
            #expect(detail?.entries.map(\.stored.event.idempotencyKey) == ["0", "1", "2"])
            #expect(recorder.lost == 1)
        }
    }
}
