import Synchronization
import Testing
import WhyOps

@testable import WhyOpsProxy

/// Which attempt a request repeats (EXC-71, EXC-72).
struct RetryTableTests {
    /// A clock that the test moves.
    private final class Clock: Sendable {
        private let state = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { state.withLock { $0 } }
        func pass(_ seconds: Double) { state.withLock { $0 += .seconds(seconds) } }
    }

    private static func request(
        environment: String = "e",
        agent: String = "a",
        user: String? = nil,
        bytes: Int = 100,
        digest: [UInt8] = [1]
    ) -> RetryTable.Request {
        RetryTable.Request(environment: environment, agent: agent, user: user, byteCount: bytes, digest: digest)
    }

    /// Notes an attempt whose span and trace have its name.
    private func note(
        _ table: RetryTable,
        _ name: String,
        _ request: RetryTable.Request?,
        count: String? = nil,
        key: String? = nil
    ) -> RequestRetry? {
        table.note(RetryTable.Attempt(span: name, trace: "trace-of-\(name)"), of: request) { header in
            ["x-stainless-retry-count": count, "idempotency-key": key][header] ?? nil
        }
    }

    @Test func aRepetitionNamesTheFirstAttempt() {
        let table = RetryTable()
        #expect(note(table, "first", Self.request(), count: "0")?.span == nil)
        for count in ["1", "2"] {
            let retry = note(table, "retry-\(count)", Self.request(), count: count)
            #expect(retry?.span == "first" && retry?.trace == "trace-of-first")
            #expect(retry?.count == Int(count))
        }
    }

    @Test(arguments: [
        request(environment: "other"), request(agent: "other"), request(user: "u"), request(bytes: 101),
        request(digest: [2]),
    ])
    func whatDiffersInAnythingRepeatsNothing(_ other: RetryTable.Request) {
        let table = RetryTable()
        _ = note(table, "first", Self.request(), count: "0")
        _ = note(table, "keyed", Self.request(), key: "k")
        #expect(note(table, "retry", other, count: "1")?.span == nil)
        #expect(note(table, "retry", other, key: "k")?.span == nil)
    }

    @Test func twoFirstAttemptsAreAmbiguousForGood() {
        let table = RetryTable()
        for name in ["first", "second", "third"] { _ = note(table, name, Self.request(), count: "0") }
        #expect(note(table, "retry", Self.request(), count: "1")?.span == nil)
        #expect(note(table, "retry", Self.request(), count: "1")?.count == 1)
    }

    @Test func theIdempotencyKeyDecidesAlone() {
        let table = RetryTable()
        _ = note(table, "one", Self.request(), count: "0", key: "k1")
        _ = note(table, "two", Self.request(), count: "0", key: "k2")
        #expect(note(table, "again", Self.request(), key: "k1")?.span == "one")
        #expect(note(table, "again", Self.request(), count: "1", key: "k2")?.span == "two")
        // A request with a key is not the first attempt of one without, and the other way round.
        #expect(note(table, "again", Self.request(), count: "1")?.span == nil)
        _ = note(table, "bare", Self.request(digest: [3]), count: "0")
        #expect(note(table, "again", Self.request(digest: [3]), count: "1", key: "k3")?.span == nil)
    }

    @Test(arguments: ["", String(repeating: "k", count: 10_000)])
    func keysWithoutMeaningAreNone(_ key: String) {
        let table = RetryTable()
        _ = note(table, "first", Self.request(), key: key)
        #expect(note(table, "again", Self.request(), key: key)?.span == nil)
    }

    @Test func whatOnlyTheProviderKnowsRepeatsNothing() {
        let table = RetryTable()
        _ = note(table, "first", nil, count: "0")
        let retry = note(table, "retry", nil, count: "1")
        #expect(retry?.count == 1 && retry?.span == nil)
    }

    @Test func attemptsAreForgottenAfterOneToTwoPeriods() {
        let clock = Clock()
        let table = RetryTable(now: { clock.now })
        _ = note(table, "first", Self.request(), count: "0")
        clock.pass(299)
        #expect(note(table, "retry", Self.request(), count: "1")?.span == "first")
        clock.pass(2)
        #expect(note(table, "retry", Self.request(), count: "1")?.span == "first")
        clock.pass(301)
        #expect(note(table, "retry", Self.request(), count: "1")?.span == nil)
    }

    @Test func whatIsRememberedIsBounded() {
        let table = RetryTable(capacity: 10)
        for number in 0..<25 {
            _ = note(table, "first-\(number)", Self.request(bytes: number), count: "0")
        }
        let known = (0..<25).filter { note(table, "retry", Self.request(bytes: $0), count: "1")?.span != nil }
        #expect(known == Array(10..<25))
    }
}
