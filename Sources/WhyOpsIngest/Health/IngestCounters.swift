import Synchronization

/// What operators may want to know and no client is told.
final class IngestCounters: Sendable {
    private let ignored = Atomic<Int>(0)

    /// Tenant ids in bodies that were read and ignored (EVT-11).
    var ignoredTenantIds: Int { ignored.load(ordering: .relaxed) }

    func countIgnoredTenantIds(_ count: Int) {
        if count > 0 { ignored.add(count, ordering: .relaxed) }
    }
}
