import Logging
import Synchronization
import WhyOps
import WhyOpsStore

/// What every request of a proxy shares.
struct ProxyServices: Sendable {
    let configuration: ProxyConfiguration
    let store: any Store
    let recorder: EventRecorder
    let upstream: UpstreamClient
    let echoes: EchoTable
    let logger: Logger
}

/// The ids that this node has handed out, shared by all its connections.
final class EchoTable: Sendable {
    private let links: Mutex<EchoLinks>

    init(capacity: Int) {
        links = Mutex(EchoLinks(capacity: capacity))
    }

    func insert(_ echoes: [EchoID], trace: TraceID, tenant: Tenant) {
        if echoes.isEmpty { return }
        links.withLock { links in
            for echo in echoes { links.insert(echo, trace: trace, environment: tenant.environmentID) }
        }
    }

    func traces(of turns: [AssistantTurn], tenant: Tenant) -> [EchoID: TraceID] {
        links.withLock { $0.traces(of: turns, environment: tenant.environmentID) }
    }
}
