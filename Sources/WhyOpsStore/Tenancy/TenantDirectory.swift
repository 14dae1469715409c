import FoundationEssentials
import Synchronization
import WhyOps

/// Who may do what: one look-up by a key's hash gives the tenant and the limits, and known keys cost no look-up
/// (PRX-32, PRX-33).
package final class TenantDirectory: Sendable {
    private let answers: RecentAnswers<String, KeyAccess>
    private let time: @Sendable () -> Double

    /// How often the use of a key is written down, in seconds.
    private static let useInterval = 60.0
    /// Keys that are remembered, unknown ones too: who tries many fills no memory.
    private static let capacity = 20_000

    /// - Parameters:
    ///   - now: the monotonic clock.
    ///   - time: the time of day in seconds since 1970.
    package init(
        store: any Store,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        time: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
    ) {
        self.time = time
        let uses = Uses()
        answers = RecentAnswers(capacity: Self.capacity, now: now) { hash in
            let access = try await store.access(keyHash: hash)
            // Who asks has been asked: whatever keeps an answer fresh is a use.
            if case .granted(let grant) = access.at(time()) {
                let moment = time()
                if uses.isDue(grant.tenant.keyID, at: moment, every: Self.useInterval) {
                    Task { try? await store.noteUse(ofKey: grant.tenant.keyID, at: moment) }
                }
            }
            return access
        }
    }

    /// What a key lets in to, where that is known at once.
    package func known(_ key: String) -> KeyAccess? {
        answers.known(SHA256.hex(of: Array(key.utf8)))?.at(time())
    }

    /// Whether a key let somebody in when it was looked up last, however long ago.
    package func wasGranted(_ key: String) -> Bool {
        if case .granted = answers.last(SHA256.hex(of: Array(key.utf8))) { return true }
        return false
    }

    /// What a key lets in to.
    ///
    /// - Throws: where the store does not answer and the key was not seen for a minute.
    package func access(forKey key: String) async throws -> KeyAccess {
        try await answers.value(SHA256.hex(of: Array(key.utf8))).at(time())
    }
}

/// When the use of each key was last written down; holds keys that exist, so it is bounded by them.
private final class Uses: Sendable {
    private let written = Mutex<[String: Double]>([:])

    func isDue(_ keyID: String, at moment: Double, every interval: Double) -> Bool {
        written.withLock { written in
            if let last = written[keyID], moment - last < interval { return false }
            written[keyID] = moment
            return true
        }
    }
}
