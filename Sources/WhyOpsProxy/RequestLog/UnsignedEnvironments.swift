import Logging
import Synchronization
import WhyOpsStore

/// Tells the operator, once for each environment, that its replies go without a signature (PRX-118).
///
/// It holds no more than there are environments with keys that were let in.
final class UnsignedEnvironments: Sendable {
    private let logger: Logger
    private let told = Mutex<Set<String>>([])

    init(logger: Logger) {
        self.logger = logger
    }

    /// A reply of the tenant's should have been signed, and there is no key for it.
    func note(_ tenant: Tenant) {
        guard told.withLock({ $0.insert(tenant.environmentID).inserted }) else { return }
        logger.warning(
            "replies go unsigned: the environment has no signing key that can be used",
            metadata: ["environment": "\(tenant.environmentID)"]
        )
    }
}
