import NIOCore
import Synchronization
import WhyOpsEdge

/// Who waits for the answer that the current task makes, and what any answer tells them of their key.
///
/// Routes ask for the tenant and need not pass the rest on.
final class Caller: Sendable {
    @TaskLocal static var current: Caller?

    private let address: SocketAddress?
    private let found = Mutex<RateLimiter.Allowance?>(nil)
    private let environment = Mutex<String?>(nil)

    /// - Parameter address: where the request comes from; `nil` where there is no address, as in tests without a socket.
    init(address: SocketAddress?) {
        self.address = address
    }

    /// Whom a key that is wrong is counted for. It is worked out for such a key alone.
    var network: ClientNetwork? { address?.ipAddress.flatMap { IPAddress($0) }.map { ClientNetwork($0) } }

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
