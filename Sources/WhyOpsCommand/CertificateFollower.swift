import ServiceLifecycle
import UnixSignals
import WhyOpsEdge
import WhyOpsProxy

/// Keeps the listener's certificate as its files are: it looks at them by itself, and at once when it is told to by
/// SIGHUP (PRX-98).
struct CertificateFollower: Service {
    let security: ListenerSecurity
    let handlesSignals: Bool

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await security.follow() }
                if handlesSignals {
                    group.addTask {
                        for await _ in await UnixSignalsSequence(trapping: .sighup) { security.reload(isAsked: true) }
                    }
                }
            }
        }
    }
}
