import FoundationEssentials
import Synchronization
import Testing
import WhyOps

@testable import WhyOpsClient

/// What is sent again, when, and what is not (CLT-30, CLT-32, CLT-33).
@Suite(.timeLimit(.minutes(1))) struct RetryTests {
    @Test(arguments: [408, 425, 429, 500, 502, 503, 504])
    func whatMayPassIsSentAgainByteForByte(_ status: Int) async throws {
        try await ServiceDouble.with { _, number in
            number < 3 ? .status(status) : .accepted
        } _: { service in
            let time = TestTime()
            let reports = Reports()
            let client = Fixture.client(of: service, time: time, reports: reports)
            Fixture.record(2, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 2))
            #expect(Set(service.requests.map(\.body)).count == 1 && service.requests.count == 3)
            #expect(time.pauses == [.milliseconds(200), .milliseconds(400)])
            #expect(client.statistics.attempts == 3 && client.statistics.retries == 2)
            #expect(reports.all.isEmpty)
        }
    }

    @Test func aClosedConnectionIsTriedAgain() async throws {
        try await ServiceDouble.with { _, number in
            number < 3 ? .close : .accepted
        } _: { service in
            let client = Fixture.client(of: service)
            Fixture.record(1, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 1))
            #expect(Set(service.requests.map(\.body)).count == 1)
        }
    }

    /// Silent from the beginning, or after the head of its answer.
    @Test(arguments: [ServiceDouble.Answer.silence, .head])
    func aSilentServiceIsTriedAgain(_ first: ServiceDouble.Answer) async throws {
        try await ServiceDouble.with { _, number in
            number < 2 ? first : .accepted
        } _: { service in
            let client = Fixture.client(of: service) {
                $0.requestTimeout = .milliseconds(500)
                // On a slow machine an answer can miss its time, too.
                $0.retry.maximumAttempts = 50
            }
            Fixture.record(1, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 1))
            #expect(Set(service.requests.map(\.body)).count == 1)
        }
    }

    @Test func retryAfterIsALowerBound() async throws {
        try await ServiceDouble.with { _, number in
            switch number {
            case 1: .status(429, headers: ["Retry-After": "7"])
            case 2: .status(503, headers: ["retry-after": "Tue, 31 Mar 2026 23:33:30 GMT"])
            case 3: .status(503, headers: ["Retry-After": "soon"])
            case 4: .status(503, headers: ["Retry-After": "86400"])
            default: .accepted
            }
        } _: { service in
            let time = TestTime()
            let client = Fixture.client(of: service, time: time)
            Fixture.record(1, in: client)
            #expect(await client.settle().acknowledged == 1)
            let expected: [Duration] = [
                .milliseconds(7200), .milliseconds(9875 + 400), .milliseconds(800), .milliseconds(600_000 + 1600),
            ]
            #expect(time.pauses == expected)
        }
    }

    @Test func anEndIsNotKeptBackByAnAnswerThatStalls() async throws {
        let asked = OneShot<Void>()
        try await ServiceDouble.with { _, _ in
            asked.fire(())
            return .head
        } _: { service in
            let client = Fixture.client(of: service) {
                $0.requestTimeout = Fixture.never
                $0.batchEvents = 1
            }
            Fixture.record(1, in: client)
            _ = await asked.wait()
            let result = await client.shutdown(timeout: .milliseconds(1))
            #expect(result.left == 1 && client.statistics.lost == 1 && client.statistics.isWhole)
        }
    }

    @Test func whatIsNeverTakenIsGivenUpAndTold() async throws {
        try await ServiceDouble.with { _, _ in
            .status(503, #"{"error":"No room"}"#)
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports) { $0.batchEvents = 2 }
            Fixture.record(2, in: client)
            #expect(await client.settle() == FlushResult(lost: 2))
            #expect(service.requests.count == 5)
            #expect(reports.codes == [.undelivered])
            #expect(reports.all.first?.status == 503 && reports.all.first?.eventCount == 2)
            #expect(reports.all.first?.message == "No room")
        }
    }

    @Test func nobodyThereIsNoHarm() async throws {
        let reports = Reports()
        let client = Fixture.client(of: nil, reports: reports) { $0.retry.maximumAttempts = 2 }
        Fixture.record(1, in: client)
        #expect(await client.settle() == FlushResult(lost: 1))
        #expect(reports.codes == [.registration, .undelivered])
    }

    @Test func delaysGrowToALimitAndAreSpread() {
        let policy = RetryPolicy()
        #expect(policy.delay(after: 1, retryAfter: nil, random: 0) == .milliseconds(100))
        #expect(policy.delay(after: 1, retryAfter: nil, random: 1) == .milliseconds(200))
        #expect(policy.delay(after: 4, retryAfter: nil, random: 1) == .milliseconds(1600))
        #expect(policy.delay(after: 9, retryAfter: nil, random: 1) == .seconds(30))
        #expect(policy.delay(after: 1_000_000, retryAfter: nil, random: 0) == .seconds(15))
    }

    static let waits: [(String, Int?)] = [
        ("0", 0), ("12", 12), ("99999999999999999999", 1_000_000_000), ("", nil), ("-1", nil), ("1.5", nil),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Tue, 31 Mar 2026 23:34:20 GMT", 60),
        ("Tue, 31 Foo 2026 23:34:20 GMT", nil), ("Tue, 32 Mar 2026 23:34:20 GMT", nil),
        ("Tuesday, 31-Mar-26 23:34:20 GMT", nil),
    ]

    @Test(arguments: waits)
    func retryAfterIsRead(_ text: String, _ seconds: Int?) {
        let now = Date(timeIntervalSince1970: 1_775_000_000)
        #expect(RetryAfter.duration(text, now: now) == seconds.map { .seconds($0) })
        #expect(RetryAfter.duration(nil, now: now) == nil)
    }
}

/// What services refuse, in whole and in part (CLT-8, CLT-34 to CLT-38).
@Suite(.timeLimit(.minutes(1))) struct RefusalTests {
    @Test func oneFaultCostsOneEvent() async throws {
        let answer = #"""
            {"results":[{"index":0,"status":"saved"},{"index":1,"status":"invalid","error":"Validation failed","details":
            [{"field":"traceId","message":"Too long","code":"too_big","pointer":"/traceId","rule":"traceId.maxLength"}]},
            {"index":2,"status":"conflict","error":"Conflict"}]}
            """#
        try await ServiceDouble.with { _, _ in
            .status(207, answer)
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports)
            Fixture.record(3, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 1, refused: 2))
            #expect(service.requests.count == 1)
            #expect(reports.codes == [.refused, .refused])
            let first = try #require(reports.all.first)
            #expect(first.eventType == "error" && first.traceId == "session-123" && first.eventCount == 1)
            #expect(first.faults.map(\.rule) == ["traceId.maxLength"] && first.faults.map(\.pointer) == ["/traceId"])
        }
    }

    /// As services answer that know nothing of `partial`.
    @Test(arguments: [400, 409, 413, 422]) func aBatchIsDividedUntilTheFaultStandsAlone(_ status: Int) async throws {
        try await ServiceDouble.with { request, _ in
            request.messages.contains("event 5") ? .status(status, #"{"error":"Validation failed"}"#) : .accepted
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports)
            Fixture.record(8, in: client)
            #expect(await client.settle() == FlushResult(acknowledged: 7, refused: 1))
            #expect(reports.codes == [.refused] && reports.all.first?.status == status)
            let taken = service.requests.filter { !$0.messages.contains("event 5") }.flatMap(\.messages)
            #expect(taken == [1, 2, 3, 4, 6, 7, 8].map { "event \($0)" })
        }
    }

    @Test(arguments: [301, 404, 405, 415, 501]) func aWrongAddressIsNotAskedAgain(_ status: Int) async throws {
        try await ServiceDouble.with { _, _ in
            .status(status, "<html>", headers: ["Location": "/elsewhere"])
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports)
            Fixture.record(4, in: client)
            #expect(await client.settle() == FlushResult(refused: 4))
            #expect(service.requests.count == 1)
            #expect(reports.codes == [.refused] && reports.all.first?.eventCount == 4)
        }
    }

    @Test(arguments: [401, 403]) func anUnknownKeyEndsIt(_ status: Int) async throws {
        try await ServiceDouble.with { _, _ in
            .status(status, #"{"error":"Unauthorized"}"#)
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports) { $0.batchEvents = 2 }
            Fixture.record(5, in: client)
            #expect(await client.settle() == FlushResult(lost: 5))
            #expect(service.requests.count == 1)
            #expect(reports.codes.first == .unauthorized && reports.codes.allSatisfy { $0 == .unauthorized })
            let told = reports.all.count
            Fixture.record(3, in: client)
            #expect(await client.shutdown(timeout: Fixture.never).isComplete)
            #expect(service.requests.count == 1 && client.statistics.lost == 8 && client.statistics.isWhole)
            #expect(reports.all.count == told + 1)
        }
    }

    @Test func anAnswerThatSaysTooLittleIsNoAcknowledgement() async throws {
        try await ServiceDouble.with { _, _ in
            .status(207, #"{"results":[]}"#)
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports)
            Fixture.record(2, in: client)
            #expect(await client.settle() == FlushResult(lost: 2))
            #expect(reports.codes == [.undelivered])
        }
    }

    @Test(arguments: ["", "with space", "line\nbreak", "\u{E9}"])
    func aKeyThatNoHeaderCarriesIsTold(_ key: String) async {
        let reports = Reports()
        var options = ClientOptions()
        options.logger = nil
        options.onError = { reports.add($0) }
        let client = AgentClient(
            apiKey: key,
            agentName: "a",
            agentMetadata: AgentMetadata(systemPrompt: "p"),
            options: options
        )
        client.trace("t").record(.error("boom"))
        #expect(await client.flush(timeout: Fixture.never).isComplete)
        #expect(client.statistics.lost == 1)
        await #expect(throws: ClientError.self) { try await client.initAgent() }
        await client.shutdown()
        // The fault, and the first event that is lost by it.
        #expect(reports.codes == [.configuration, .configuration])
        #expect(reports.all.map(\.eventCount) == [0, 1])
    }

    @Test(arguments: ["nonsense", "ftp://host", "http://user:secret@host", "http://host?x=1", "http://"])
    func anAddressThatIsNoneIsTold(_ url: String) async {
        let reports = Reports()
        await Fixture.client(of: nil, reports: reports, url: url).shutdown()
        #expect(reports.codes == [.configuration])
        #expect(!reports.all.description.contains("secret"))
    }

    /// Whoever makes a client may hold a lock that `onError` takes.
    @Test func aFaultIsToldFromTheBackground() async {
        let reports = Mutex<[ClientError]>([])
        var options = ClientOptions()
        options.logger = nil
        options.onError = { error in reports.withLock { $0.append(error) } }
        let client = reports.withLock { _ in
            AgentClient(
                apiKey: "",
                agentName: "a",
                agentMetadata: AgentMetadata(systemPrompt: "p"),
                options: options
            )
        }
        await client.shutdown()
        #expect(reports.withLock { $0.map(\.code) } == [.configuration])
    }

    /// What a service says of a fault may hold what was sent, the key among it, and have any length (CLT-3).
    @Test(arguments: [400, 207]) func whatAServiceSaysIsBoundedAndWithoutTheKey(_ status: Int) async throws {
        let key = Fixture.key
        let long = String(repeating: "x", count: 2000)
        let fault = #"{"pointer":"/\#(key)","rule":"r \#(key)","message":"m \#(key) \#(long)"}"#
        let details = Array(repeating: fault, count: 150).joined(separator: ",")
        let whole = #"{"error":"e \#(key)","details":[\#(details)]}"#
        let each = #"{"results":[{"index":0,"status":"invalid","error":"e \#(key)","details":[\#(details)]}]}"#
        try await ServiceDouble.with { _, _ in
            .status(status, status == 207 ? each : whole)
        } _: { service in
            let reports = Reports()
            let client = Fixture.client(of: service, reports: reports)
            Fixture.record(1, in: client)
            #expect(await client.settle() == FlushResult(refused: 1))
            let error = try #require(reports.all.first)
            #expect(error.faults.count == 100 && error.message == "e (hidden)")
            let first = try #require(error.faults.first)
            #expect(first.pointer == "/(hidden)" && first.rule == "r (hidden)")
            #expect(first.message.hasPrefix("m (hidden) xxx") && first.message.count == 500)
        }
    }
}
