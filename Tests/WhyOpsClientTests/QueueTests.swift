import Testing
import WhyOps

@testable import WhyOpsClient

/// What is held, what is dropped, and how it ends (CLT-24 to CLT-27, CLT-40, CLT-41, CLT-43).
@Suite(.timeLimit(.minutes(1))) struct QueueTests {
    @Test func theNewestIsDroppedAndCounted() async throws {
        try await ServiceDouble.with { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports) { $0.maximumQueuedEvents = 3 }
            Fixture.record(5, in: client)
            #expect(client.statistics.dropped == 2 && client.statistics.waiting == 3 && client.statistics.isWhole)
            #expect(await client.settle() == FlushResult(acknowledged: 3))
            #expect(service.requests.flatMap(\.messages) == ["event 1", "event 2", "event 3"])
            #expect(reports.codes.allSatisfy { $0 == .overflow })
            #expect(reports.all.map(\.eventCount).reduce(0, +) == 2)
        }
    }

    @Test func theOldestIsDroppedWhereThatIsAskedFor() async throws {
        try await ServiceDouble.with { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports) {
                $0.maximumQueuedEvents = 3
                $0.overflow = .dropOldest
            }
            Fixture.record(5, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 3))
            #expect(service.requests.flatMap(\.messages) == ["event 3", "event 4", "event 5"])
            #expect(client.statistics.dropped == 2 && client.statistics.isWhole)
            #expect(reports.all.map(\.eventCount).reduce(0, +) == 2)
        }
    }

    @Test(arguments: [false, true]) func bytesAreBounded(_ dropsOldest: Bool) {
        var options = ClientOptions()
        options.maximumQueuedBytes = 1000
        options.overflow = dropsOldest ? .dropOldest : .dropNewest
        var queue = EventQueue(limits: options)
        for number in 0..<500 {
            let bytes = [UInt8](repeating: 0, count: 1 + number * 37 % 400)
            _ = queue.record(bytes, traceId: "t", eventType: "error", receipt: nil)
            #expect(queue.statistics.waitingBytes <= 1000)
            #expect(queue.statistics.isWhole)
        }
        #expect(queue.statistics.dropped > 400)
    }

    @Test func whatIsUnderWayIsNotTakenBack() {
        var options = ClientOptions()
        options.maximumQueuedEvents = 2
        options.overflow = .dropOldest
        var queue = EventQueue(limits: options)
        for _ in 0..<2 { _ = queue.record([1], traceId: "t", eventType: "error", receipt: nil) }
        guard case .send(let batch) = queue.next(hasLingered: true) else { Issue.record("nothing sent"); return }
        #expect(batch.map(\.sequence) == [0, 1])
        let gone = queue.record([1], traceId: "t", eventType: "error", receipt: nil)
        #expect(gone.map(\.item.sequence) == [2])
        for item in batch { queue.settled(item, .acknowledged(isSampledOut: false)) }
        #expect(queue.statistics.acknowledged == 2 && queue.statistics.isWhole)
    }

    @Test func anEventThatIsTooLongIsRefusedAtOnce() async throws {
        try await ServiceDouble.with { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports) { $0.maximumEventBytes = 1000 }
            client.trace("t").record(.error(String(repeating: "x", count: 1000)))
            Fixture.record(1, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 1))
            #expect(reports.codes == [.tooLong] && reports.all.first?.traceId == "t")
            #expect(client.statistics.refused == 1)
        }
    }

    @Test func aFlushThatIsOverInTimeSaysWhatIsLeft() async throws {
        try await ServiceDouble.with { _, _ in
            .silence
        } _: { service in
            let client = Fixture.client(of: service)
            Fixture.record(3, in: client)
            #expect(await client.flush(timeout: .milliseconds(1)) == FlushResult(left: 3))
            let end = await client.shutdown(timeout: .milliseconds(1))
            #expect(end == FlushResult(left: 3))
            #expect(client.statistics.lost == 3 && client.statistics.isWhole)
        }
    }

    @Test func anEmptyFlushIsOverAtOnce() async {
        let client = Fixture.client(of: nil)
        #expect(await client.settle().isComplete)
        #expect(await client.shutdown(timeout: Fixture.never).isComplete)
    }

    @Test func aShutdownSendsWhatIsThereAndTakesNoMore() async throws {
        try await ServiceDouble.with { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports) { $0.batchEvents = 2 }
            Fixture.record(5, in: client)
            #expect(await client.shutdown(timeout: Fixture.never) == FlushResult(acknowledged: 5))
            Fixture.record(3, in: client)
            #expect(await client.shutdown(timeout: Fixture.never).isComplete)
            #expect(client.statistics.lost == 3 && client.statistics.isWhole)
            #expect(reports.codes == [.closed])
            #expect(service.requests.flatMap(\.messages).count == 5)
        }
    }

    @Test func aShutdownDoesNotWaitForPauses() async throws {
        let asked = OneShot<Void>()
        try await ServiceDouble.with { _, _ in
            asked.fire(())
            return .status(503, headers: ["Retry-After": "9000"])
        } _: { service in
            let client = Fixture.client(of: service) {
                $0.retry.maximumRetryAfter = Fixture.never
                $0.requestTimeout = .seconds(30)
            }
            Fixture.record(1, in: client)
            async let flushed = client.settle()
            _ = await asked.wait()
            #expect(await client.shutdown(timeout: .milliseconds(1)) == FlushResult(left: 1))
            #expect(await flushed == FlushResult(lost: 1))
            #expect(service.requests.count == 1)
        }
    }

    @Test func strictMethodsThrowWhatBecameOfTheirEvent() async throws {
        let refusal = #"{"results":[{"index":0,"status":"invalid","error":"Validation failed","details":[]}]}"#
        try await ServiceDouble.with { request, _ in
            switch request.messages.first {
            case "good": .status(207, #"{"results":[{"index":0,"status":"saved"}]}"#)
            case "bad": .status(207, refusal)
            default: .status(401)
            }
        } _: { service in
            let client = Fixture.client(of: service)
            let trace = client.strictTrace("t")
            try await trace.error("good")
            let refused = await #expect(throws: ClientError.self) { try await trace.error("bad") }
            #expect(refused?.code == .refused && refused?.traceId == "t")
            let unknown = await #expect(throws: ClientError.self) { try await trace.error("key") }
            #expect(unknown?.code == .unauthorized)
            let later = await #expect(throws: ClientError.self) { try await trace.error("later") }
            #expect(later?.code == .unauthorized)
        }
    }

    @Test func whoStopsWaitingIsToldSo() async throws {
        try await ServiceDouble.with { _, _ in
            .silence
        } _: { service in
            let client = Fixture.client(of: service)
            let task = Task { try await client.strictTrace("t").error("never") }
            task.cancel()
            let error = await #expect(throws: ClientError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            await client.shutdown(timeout: .milliseconds(1))
        }
    }

    @Test func oneShotsFireOnce() async {
        let shot = OneShot<Int>()
        async let answer = shot.wait()
        shot.fire(1)
        shot.fire(2)
        #expect(await answer == 1)
        #expect(await shot.wait() == 1)
    }
}
