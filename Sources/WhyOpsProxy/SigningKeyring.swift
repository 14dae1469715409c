import Logging
import Synchronization
import WhyOps
import WhyOpsStore

/// The signing keys of each environment, as the store had them a moment ago (SIG-40, SIG-41).
final class SigningKeyring: Sendable {
    private struct Entry {
        var keys: SigningKeys?
        var readAt: ContinuousClock.Instant
    }

    /// How long keys are used without asking again: less than a new key waits before it signs.
    private static let lifetime = Duration.seconds(min(20, signingKeyDelay / 3))

    private let store: any Store
    private let given: [SigningKey]
    private let logger: Logger
    private let entries = Mutex<[String: Entry]>([:])

    /// - Parameter given: keys that the operator gave, which come before those of the store.
    init(store: any Store, given: [SigningKey], logger: Logger) {
        self.store = store
        self.given = given
        self.logger = logger
    }

    /// The keys of the tenant's environment; `nil` where none can be had, and then nothing is signed or believed.
    func keys(of tenant: Tenant) async -> SigningKeys? {
        let now = ContinuousClock.now
        let known = entries.withLock { $0[tenant.environmentID] }
        if let known, now - known.readAt < Self.lifetime { return known.keys }
        var keys = known?.keys ?? SigningKeys(given)
        do {
            let stored = try await store.signingKeys(tenant: tenant)
            let others = stored.filter { stored in !given.contains { $0.id == stored.id } }
            keys = SigningKeys(Array((given + others).prefix(16)))
        } catch {
            let reason = (error as? StoreError)?.message ?? "\(error)"
            logger.error("signing keys cannot be read", metadata: ["reason": "\(reason)"])
        }
        entries.withLock { $0[tenant.environmentID] = Entry(keys: keys, readAt: now) }
        return keys
    }
}
