import Synchronization
import WhyOps
package import WhyOpsStore

/// Lets as many requests of a key through as it may send: a bucket for each key, filled evenly, in this process's memory
/// (PRX-35, PRX-36).
package final class RateLimiter: Sendable {
    /// What is left to a key, and what its reply says about that.
    package struct Allowance: Sendable, Hashable {
        package let limit: Int
        package let remaining: Int
        /// Until the bucket is full again, in seconds.
        package let reset: Double
        /// Until the next request is let through, in seconds; `nil` where this one was.
        package let retryAfter: Double?
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: ContinuousClock.Instant
        var limit: Int
    }

    private struct State {
        /// Two generations: at least a minute old, or when the first is full, the second is forgotten.
        var recent: [String: Bucket] = [:]
        var older: [String: Bucket] = [:]
        var began: ContinuousClock.Instant
    }

    /// The limit of keys without one of their own (PRX-131).
    private let standard: Int?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    /// The most keys that are remembered (PRX-201).
    package static let capacity = 100_000
    /// The time in which every bucket is full again, in seconds.
    private static let minute = 60.0

    package init(standard: Int? = nil, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.standard = standard
        self.now = now
        state = Mutex(State(began: now()))
    }

    /// How many keys are remembered.
    package var keys: Int { state.withLock { $0.recent.count + $0.older.count } }

    /// Counts a request of a key; `nil` where the key has no limit, which costs nothing.
    package func admit(_ grant: KeyGrant) -> Allowance? {
        count(grant.tenant.keyID, grant.requestsPerMinute, takes: true)
    }

    /// Counts a request of a key for which only the limit of all keys holds.
    package func admit(keyID: String) -> Allowance? {
        count(keyID, nil, takes: true)
    }

    /// What is left to a key whose request is refused for another reason.
    package func look(_ grant: KeyGrant) -> Allowance? {
        count(grant.tenant.keyID, grant.requestsPerMinute, takes: false)
    }

    private func count(_ keyID: String, _ own: Int?, takes: Bool) -> Allowance? {
        guard let limit = own ?? standard else { return nil }
        let now = now()
        let capacity = Double(limit)
        let rate = capacity / Self.minute
        return state.withLock { state in
            // PRX-201: what nobody has used since the last change of generations, a minute ago, is full again.
            if state.recent.count >= Self.capacity / 2 || now - state.began >= .seconds(Self.minute) {
                state.older = state.recent
                state.recent = [:]
                state.began = now
            }
            let found = state.recent[keyID] ?? state.older.removeValue(forKey: keyID)
            var bucket = found ?? Bucket(tokens: capacity, filledAt: now, limit: limit)
            let passed = (now - bucket.filledAt) / .seconds(1)
            if bucket.limit == limit {
                bucket.tokens = min(capacity, bucket.tokens + passed * rate)
            } else {
                // Another limit begins with a share of tokens that is as large as the old one's was.
                bucket.tokens = min(capacity, bucket.tokens / Double(bucket.limit) * capacity + passed * rate)
                bucket.limit = limit
            }
            bucket.filledAt = now
            let isAdmitted = bucket.tokens >= 1 || !takes
            if isAdmitted, takes { bucket.tokens -= 1 }
            state.recent[keyID] = bucket
            return Allowance(
                limit: limit,
                remaining: Int(bucket.tokens),
                reset: (capacity - bucket.tokens) / rate,
                retryAfter: isAdmitted ? nil : (1 - bucket.tokens) / rate
            )
        }
    }
}

extension RateLimiter.Allowance {
    /// The headers of every reply to a key with a limit, those of the original and `Retry-After`.
    ///
    /// - Parameter time: the time of day in seconds since 1970.
    package func headers(at time: Double) -> [(name: String, value: String)] {
        var headers = [
            ("x-ratelimit-limit", "\(limit)"),
            ("x-ratelimit-remaining", "\(remaining)"),
            ("x-ratelimit-reset", Timestamp(milliseconds: Int64(((time + reset) * 1000).rounded(.up))).text),
            ("x-ratelimit-backend", "memory"),
        ]
        // Whole seconds, never too early.
        if let retryAfter { headers.append(("retry-after", "\(Int(retryAfter.rounded(.up)))")) }
        return headers
    }
}
