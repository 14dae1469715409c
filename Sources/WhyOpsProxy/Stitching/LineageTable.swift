import Synchronization
import WhyOps
import WhyOpsStore

/// Which trace noted which key of lineage: in memory what this node noted, in the store what all have (TRC-39 to TRC-41).
final class LineageTable: Sendable {
    private let known: Mutex<EchoGenerations>
    private let store: any Store
    private let patience: StorePatience
    private let now: @Sendable () -> ContinuousClock.Instant

    /// How long a key matches (TRC-41).
    private static let lifetime = Duration.seconds(24 * 3600)

    /// - Parameter capacity: the most keys that are remembered here.
    init(
        capacity: Int,
        store: any Store,
        patience: StorePatience,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.now = now
        known = Mutex(EchoGenerations(capacity: capacity, lifetime: Self.lifetime, at: now()))
        self.store = store
        self.patience = patience
    }

    /// Notes keys before the bytes that complete their reply are released (TRC-39).
    func insert(_ keys: [EchoID], trace: TraceID, tenant: Tenant) {
        if keys.isEmpty { return }
        known.withLock { $0.insert(keys, trace: trace, environment: tenant.environmentID, at: now()) }
    }

    /// How many keys are remembered.
    var count: Int { known.withLock { $0.count(at: now()) } }

    /// The same, without a task for a conversation that has no keys.
    func lookUp(_ lineage: Lineage, tenant: Tenant) -> Lookup<TraceID?> {
        if lineage.sought.allSatisfy(\.isEmpty) { return .known(nil) }
        return .asked { await self.trace(of: lineage, tenant: tenant) }
    }

    /// The trace that a conversation belongs to; `nil` also where the store does not say in time that it is the only one.
    func trace(of lineage: Lineage, tenant: Tenant) async -> TraceID? {
        let keys = lineage.sought.flatMap { $0 }
        guard !keys.isEmpty else { return nil }
        var known = self.known.withLock { $0.knowledge(of: keys, environment: tenant.environmentID, at: now()) }
        guard let stored = await patience.answer(of: { [store] in try await store.lineages(keys, tenant: tenant) })
        else { return nil }
        for (key, link) in stored { known.add(key, link) }
        return lineage.trace(known)
    }
}

extension EchoLinks.Knowledge {
    /// Takes in what the store has: a link that has rested too long names no trace, but still another one than it knows.
    fileprivate mutating func add(_ key: EchoID, _ link: StoredLineage) {
        guard let trace = link.trace else {
            traces[key] = nil
            ambiguous.insert(key)
            return
        }
        if link.isLive || traces[key] != nil { insert(key, trace) }
    }
}
