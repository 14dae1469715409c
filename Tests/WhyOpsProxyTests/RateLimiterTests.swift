import Synchronization
import Testing
import WhyOps
import WhyOpsEdge
import WhyOpsStore

@testable import WhyOpsProxy

/// PRX-35, PRX-36
struct RateLimiterTests {
    private final class Clock: Sendable {
        private let moment = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { moment.withLock { $0 } }
        func pass(_ seconds: Double) { moment.withLock { $0 += .seconds(seconds) } }
    }

    private func grant(_ limit: Int?, key: String = "k") -> KeyGrant {
        KeyGrant(
            tenant: Tenant(projectID: "p", environmentID: "e", environmentName: "E", keyID: key),
            requestsPerMinute: limit
        )
    }

    @Test func aKeyWithoutALimitIsNotCounted() {
        let limiter = RateLimiter()
        #expect(limiter.admit(grant(nil)) == nil)
    }

    /// PRX-131
    @Test func theOperatorsLimitIsForKeysWithoutOne() throws {
        let limiter = RateLimiter(standard: 3)
        #expect(try #require(limiter.admit(grant(nil))).limit == 3)
        #expect(try #require(limiter.admit(grant(7, key: "other"))).limit == 7)
    }

    @Test func asManyAsTheLimitAtOnceAndThenEvenly() throws {
        let clock = Clock()
        let limiter = RateLimiter(now: { clock.now })
        let grant = grant(60)
        for left in (0..<60).reversed() {
            let allowance = try #require(limiter.admit(grant))
            #expect(allowance.retryAfter == nil)
            #expect(allowance.remaining == left)
        }
        let refused = try #require(limiter.admit(grant))
        #expect(try #require(refused.retryAfter) > 0.99)
        #expect(refused.error?.status == 429)
        #expect(refused.headers(at: 0).contains { $0 == ("retry-after", "1") })
        // A refusal costs nothing.
        clock.pass(1)
        #expect(limiter.admit(grant)?.retryAfter == nil)
        #expect(limiter.admit(grant)?.retryAfter != nil)
        clock.pass(3600)
        #expect(limiter.admit(grant)?.remaining == 59)
    }

    @Test func keysDoNotShareWhatIsLeft() {
        let limiter = RateLimiter()
        #expect(limiter.admit(grant(1, key: "a"))?.retryAfter == nil)
        #expect(limiter.admit(grant(1, key: "a"))?.retryAfter != nil)
        #expect(limiter.admit(grant(1, key: "b"))?.retryAfter == nil)
    }

    @Test func theHeadersOfTheOriginal() throws {
        let clock = Clock()
        let limiter = RateLimiter(now: { clock.now })
        let allowance = try #require(limiter.admit(grant(2)))
        let headers = Dictionary(uniqueKeysWithValues: allowance.headers(at: 1_800_000_000))
        #expect(
            headers == [
                "x-ratelimit-limit": "2", "x-ratelimit-remaining": "1", "x-ratelimit-backend": "memory",
                "x-ratelimit-reset": "2027-01-15T08:00:30.000Z",
            ]
        )
    }

    @Test func anotherLimitTakesWhatWasUsedAlong() throws {
        let clock = Clock()
        let limiter = RateLimiter(now: { clock.now })
        for _ in 0..<10 { _ = limiter.admit(grant(10)) }
        #expect(limiter.admit(grant(100))?.retryAfter != nil)
        clock.pass(0.6)
        #expect(limiter.admit(grant(100))?.retryAfter == nil)
    }

    /// PRX-201: a million keys in a moment.
    @Test func theTableIsBounded() throws {
        let clock = Clock()
        let limiter = RateLimiter(standard: 2, now: { clock.now })
        var most = 0
        for number in 0..<1_000_000 {
            _ = limiter.admit(keyID: "key-\(number)")
            if number % 10_000 == 0 { most = max(most, limiter.keys) }
        }
        #expect(most <= RateLimiter.capacity)
        #expect(limiter.keys <= RateLimiter.capacity)
        #expect(try #require(limiter.admit(keyID: "key-999999")).remaining == 0)
        #expect(try #require(limiter.admit(keyID: "key-999999")).retryAfter != nil)
    }

    /// PRX-201: what is not full again is known for as long as it is not.
    @Test func onlyAFullBucketIsForgotten() throws {
        let clock = Clock()
        let limiter = RateLimiter(standard: 60, now: { clock.now })
        for number in 0..<100 { _ = limiter.admit(keyID: "key-\(number)") }
        for _ in 0..<60 { _ = limiter.admit(keyID: "used up") }
        clock.pass(59)
        _ = limiter.admit(keyID: "another")
        clock.pass(0.5)
        #expect(try #require(limiter.admit(keyID: "used up")).remaining == 58)
        clock.pass(60)
        _ = limiter.admit(keyID: "another")
        #expect(limiter.keys == 102)
        clock.pass(60)
        _ = limiter.admit(keyID: "another")
        #expect(limiter.keys == 1)
    }
}
