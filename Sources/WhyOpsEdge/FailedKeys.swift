import Synchronization

/// How many keys that let nobody in may come from one network: a bucket for each, filled evenly (PRX-96).
///
/// The table is bounded; where many networks try, those that were quiet longest are forgotten.
package final class FailedKeys: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: ContinuousClock.Instant
    }

    private struct State {
        /// Two generations: when the first is full, the second is forgotten.
        var recent: [ClientNetwork: Bucket] = [:]
        var older: [ClientNetwork: Bucket] = [:]
    }

    private let perMinute: Double
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// The most networks that are remembered.
    package static let capacity = 100_000

    /// - Parameter perMinute: 0 for any number.
    package init(perMinute: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.perMinute = Double(perMinute)
        self.now = now
    }

    /// Counts a key that is not known to be right, before anybody is asked about it.
    ///
    /// - Returns: the time until the next one may come, in seconds, where this one is one too many.
    package func count(_ network: ClientNetwork?) -> Double? {
        guard let network, perMinute > 0 else { return nil }
        return change(network) { tokens in
            guard tokens >= 1 else { return (1 - tokens) / (perMinute / 60) }
            tokens -= 1
            return nil
        }
    }

    /// The key that was counted was right, or nobody could tell.
    package func giveBack(_ network: ClientNetwork?) {
        guard let network, perMinute > 0 else { return }
        change(network) { $0 = min(perMinute, $0 + 1) }
    }

    /// How many networks are remembered.
    package var networks: Int {
        state.withLock { $0.recent.count + $0.older.count }
    }

    private func change<Value>(_ network: ClientNetwork, _ body: (inout Double) -> Value) -> Value {
        let now = now()
        return state.withLock { state in
            let found = state.recent[network] ?? state.older.removeValue(forKey: network)
            var bucket = found ?? Bucket(tokens: perMinute, filledAt: now)
            bucket.tokens = min(perMinute, bucket.tokens + (now - bucket.filledAt) / .seconds(1) * perMinute / 60)
            bucket.filledAt = now
            let value = body(&bucket.tokens)
            state.recent[network] = bucket
            if state.recent.count >= Self.capacity / 2 {
                state.older = state.recent
                state.recent = [:]
            }
            return value
        }
    }
}

/// Whom failed keys are counted for: an IPv4 address, or what one customer has of IPv6, its first 64 bits.
package struct ClientNetwork: Hashable, Sendable {
    private let bytes: UInt64
    private let isFour: Bool

    package init(_ address: IPAddress) {
        // An IPv4 client of a listener for both is seen by its mapped address.
        let four = address.four
        isFour = four != nil
        bytes = (four ?? Array(address.bytes[..<8])).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
