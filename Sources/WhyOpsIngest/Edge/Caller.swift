import Synchronization
import WhyOpsEdge

/// Who waits for the answer that the current task makes, and what any answer tells them of their key.
///
/// Routes ask for the tenant and need not pass the rest on.
final class Caller: Sendable {
    @TaskLocal static var current: Caller?

    let network: ClientNetwork?
    private let found = Mutex<RateLimiter.Allowance?>(nil)
    private let environment = Mutex<String?>(nil)

    init(network: ClientNetwork?) {
        self.network = network
    }

    /// What is left to the key, where it has a limit.
    var allowance: RateLimiter.Allowance? {
        get { found.withLock { $0 } }
        set { found.withLock { $0 = newValue } }
    }

    /// Where the caller's key leads; `nil` while nobody has looked at it.
    var environmentID: String? {
        get { environment.withLock { $0 } }
        set { environment.withLock { $0 = newValue } }
    }
}
