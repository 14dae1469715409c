import FoundationEssentials
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

    @Test func aSilentServiceIsTriedAgain() async throws {
        try await ServiceDouble.with { _, number in
            number < 2 ? .silence : .accepted
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
        #expect(reports.codes == [.configuration])
        client.trace("t").record(.error("boom"))
        #expect(await client.flush(timeout: Fixture.never).isComplete)
        #expect(client.statistics.lost == 1)
        await #expect(throws: ClientError.self) { try await client.initAgent() }
    }

    @Test(arguments: ["nonsense", "ftp://host", "http://user:secret@host", "http://host?x=1", "http://"])
    func anAddressThatIsNoneIsTold(_ url: String) {
        let reports = Reports()
        _ = Fixture.client(of: nil, reports: reports, url: url)
        #expect(reports.codes == [.configuration])
        #expect(!reports.all.description.contains("secret"))
    }
}
