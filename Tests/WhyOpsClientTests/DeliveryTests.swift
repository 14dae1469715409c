import Synchronization
import Testing
import WhyOps

@testable import WhyOpsClient

/// What goes over the wire, and when (CLT-12, CLT-20 to CLT-23).
@Suite(.timeLimit(.minutes(1))) struct DeliveryTests {
    @Test func oneEventGoesAsOneObjectWithKeyAndMoment() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service)
            client.trace("session-123").record(.error("boom"))
            #expect(await client.settle() == FlushResult(acknowledged: 1))
            let request = try #require(service.requests.first)
            #expect(request.path == "/api/events/ingest?partial=true")
            #expect(request.header("authorization") == "Bearer \(Fixture.key)")
            #expect(request.header("content-type") == "application/json")
            #expect(
                request.text == #"{"eventType":"error","traceId":"session-123","agentName":"customer-support-agent","#
                    + #""content":{"message":"boom"},"timestamp":"2026-03-31T23:33:20.125Z","idempotencyKey":"id-1"}"#
            )
        }
    }

    @Test func whatACallerSetsIsKept() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service) { $0.externalUserId = "client" }
            let trace = client.trace("t", externalUserId: "trace")
            trace.record(.error("1"))
            trace.record(.error("2", options: EventOptions(timestamp: "2026-01-01T00:00Z", idempotencyKey: "mine")))
            trace.record(.error("3", options: EventOptions(externalUserId: "event")))
            client.trace("t").record(.error("4"))
            _ = await client.settle()
            let events = service.requests[0].events
            #expect(events.map { $0["externalUserId"]?.string } == ["trace", "trace", "event", "client"])
            #expect(events[1]["timestamp"]?.string == "2026-01-01T00:00Z")
            #expect(events.map { $0["idempotencyKey"]?.string } == ["id-1", "mine", "id-2", "id-3"])
        }
    }

    @Test func eventsGoInOrderAndInBatches() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service) { $0.batchEvents = 3 }
            Fixture.record(8, in: client)
            #expect(await client.settle().acknowledged == 8)
            #expect(service.requests.flatMap(\.messages) == (1...8).map { "event \($0)" })
            #expect(service.requests.allSatisfy { $0.events.count <= 3 })
            #expect(client.statistics.isWhole && client.statistics.waiting == 0 && client.statistics.waitingBytes == 0)
        }
    }

    @Test func aFullBatchGoesWithoutBeingAsked() async throws {
        let sent = OneShot<Void>()
        try await ServiceDouble.with { _, _ in
            sent.fire(())
            return .accepted
        } _: { service in
            let client = Fixture.client(of: service) { $0.batchEvents = 2 }
            Fixture.record(2, in: client)
            _ = await sent.wait()
            _ = await client.settle()
            #expect(service.requests.map(\.events.count) == [2])
        }
    }

    @Test func failuresThatAreToldDoNotKeepEventsBack() async throws {
        let sent = OneShot<Void>()
        try await ServiceDouble.with { _, _ in
            sent.fire(())
            return .accepted
        } _: { service in
            let time = TestTime()
            let reports = Reports()
            let client = Fixture.client(of: service, time: time, reports: reports) {
                $0.batchDelay = .milliseconds(200)
                $0.maximumEventBytes = 300
            }
            // While events wait for others, one comes that is too long; not for ever, should they never go.
            time.duringPauses.withLock {
                $0 = {
                    guard time.pauses.count < 50 else { return }
                    client.trace("t").record(.error(String(repeating: "x", count: 301)))
                }
            }
            Fixture.record(1, in: client)
            _ = await sent.wait()
            #expect(time.pauses == [.milliseconds(200)])
            time.duringPauses.withLock { $0 = nil }
            await client.shutdown(timeout: Fixture.never)
            #expect(reports.codes == [.tooLong] && client.statistics.acknowledged == 1)
        }
    }

    @Test func batchesAreBoundedInBytes() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service) { $0.batchBytes = 500 }
            let long = String(repeating: "x", count: 600)
            client.trace("t").record(.error(long))
            Fixture.record(3, in: client)
            #expect(await client.settle().acknowledged == 4)
            #expect(service.requests.first?.messages == [long])
            #expect(service.requests.dropFirst().allSatisfy { $0.events.count <= 2 })
        }
    }

    @Test func eventsOfManyTasksAreAllSent() async throws {
        try await ServiceDouble.with { service in
            let client = Fixture.client(of: service) { $0.batchEvents = 16 }
            await withTaskGroup { group in
                for task in 0..<8 {
                    group.addTask { Fixture.record(50, from: task * 50, in: client, trace: "t\(task)") }
                }
            }
            #expect(await client.settle().isComplete)
            let messages = service.requests.flatMap(\.messages)
            #expect(Set(messages).count == 400 && messages.count == 400)
            // What one task recorded stays in its order.
            for task in 0..<8 {
                let own = service.requests.flatMap(\.events).filter { $0["traceId"]?.string == "t\(task)" }
                #expect(own.map { $0["content"]?["message"]?.string } == (0..<50).map { "event \(task * 50 + $0)" })
            }
            #expect(client.statistics.isWhole)
        }
    }

    @Test func sampledOutIsAcknowledged() async throws {
        try await ServiceDouble.with { _, _ in
            .status(207, #"{"results":[{"index":0,"status":"sampled_out"},{"index":1,"status":"skipped"}]}"#)
        } _: { service in
            let client = Fixture.client(of: service)
            Fixture.record(2, in: client)
            #expect(await client.settle().acknowledged == 2)
            #expect(client.statistics.sampledOut == 1)
        }
    }

    @Test func aPageIsNoAcknowledgement() async throws {
        try await ServiceDouble.with { _, _ in
            .status(200, "<html>Welcome")
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports)
            Fixture.record(2, in: client)
            #expect(await client.settle() == FlushResult(lost: 2))
            #expect(reports.codes == [.undelivered])
        }
    }

    @Test func aServiceThatSaysNothingOfEachEventHasThemAll() async throws {
        try await ServiceDouble.with { _, _ in
            .status(201, "[]")
        } _: { service in
            let client = Fixture.client(of: service)
            Fixture.record(2, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 2))
        }
    }
}
