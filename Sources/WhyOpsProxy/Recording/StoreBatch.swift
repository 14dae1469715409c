import WhyOps
import WhyOpsStore

/// What goes to the store at once: events of one environment that are stored in one transaction, and their links.
struct StoreBatch {
    /// Whoever brought the first entry; the store goes by the environment.
    let tenant: Tenant
    var links: [StitchLink] = []
    var events: [Event] = []
    private var bytes = 0

    /// What one transaction takes at most; well below what the store holds for all that wait.
    private static let maximumEvents = 500
    private static let maximumBytes = 8 * 1024 * 1024

    private init(tenant: Tenant) {
        self.tenant = tenant
    }

    /// One batch for each environment, or several where there is much, in order of arrival: one commit for all that came
    /// meanwhile.
    ///
    /// A trace belongs to an environment, whatever keys of it were used, so its order is that of its environment's batches.
    static func joining(_ entries: [QueuedEntry]) -> [StoreBatch] {
        var joined: [StoreBatch] = []
        var open: [String: Int] = [:]
        for entry in entries {
            switch entry {
            case .links(let links, let tenant):
                let place = place(of: tenant, events: 0, bytes: 0, &joined, &open)
                joined[place].links += links
            case .events(let events, let tenant):
                let bytes = events.reduce(0) { $0 + ($1.content?.count ?? 0) + ($1.metadata?.count ?? 0) }
                let place = place(of: tenant, events: events.count, bytes: bytes, &joined, &open)
                joined[place].events += events
                joined[place].bytes += bytes
            case .open, .ended: break
            }
        }
        return joined
    }

    private static func place(
        of tenant: Tenant,
        events: Int,
        bytes: Int,
        _ joined: inout [StoreBatch],
        _ open: inout [String: Int]
    ) -> Int {
        if let place = open[tenant.environmentID], joined[place].events.count + events <= maximumEvents,
            joined[place].bytes + bytes <= maximumBytes
        {
            return place
        }
        joined.append(StoreBatch(tenant: tenant))
        open[tenant.environmentID] = joined.count - 1
        return joined.count - 1
    }
}
