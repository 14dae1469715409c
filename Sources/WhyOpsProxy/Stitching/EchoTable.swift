import Synchronization
import WhyOps
import WhyOpsStore

/// Which trace gave out which ids: in this node's memory at once, in the store for its other nodes and its next life.
final class EchoTable: Sendable {
    private let links: Mutex<EchoGenerations>
    private let store: any Store
    private let recorder: EventRecorder
    private let patience: StorePatience
    /// The keys of conversations, which come and go with the ids.
    let lineages: LineageTable
    private let now: @Sendable () -> ContinuousClock.Instant

    /// The most ids of a history that the store is asked for, newest first.
    private static let maximumLookUps = 64

    init(
        capacity: Int,
        store: any Store,
        recorder: EventRecorder,
        patience: StorePatience,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.now = now
        // TRC-51: as long as the store's.
        links = Mutex(EchoGenerations(capacity: capacity, lifetime: .seconds(stitchLinkLifetime), at: now()))
        lineages = LineageTable(capacity: capacity, store: store, patience: patience, now: now)
        self.store = store
        self.recorder = recorder
        self.patience = patience
    }

    /// Notes ids before the bytes that carry them are released (TRC-6), and keys of lineage with them (TRC-39).
    func insert(_ echoes: [EchoID], trace: TraceID, tenant: Tenant) {
        recorder.record(note(echoes, trace: trace, tenant: tenant), tenant: tenant)
    }

    /// Notes ids in this node's memory, and gives what the store is to have of them.
    func note(_ echoes: [EchoID], trace: TraceID, tenant: Tenant) -> [StitchLink] {
        if echoes.isEmpty { return [] }
        links.withLock {
            let ids = echoes.lazy.filter { $0.kind != .lineage }
            $0.insert(ids, trace: trace, environment: tenant.environmentID, at: now())
        }
        lineages.insert(echoes.filter { $0.kind == .lineage }, trace: trace, tenant: tenant)
        return echoes.map { StitchLink(echo: $0, trace: trace) }
    }

    /// How many ids are remembered.
    var count: Int { links.withLock { $0.count(at: now()) } }

    /// The traces that are known for the ids of some turns, newest turn first.
    func traces(of turns: [AssistantTurn], tenant: Tenant) -> Lookup<[EchoID: TraceID]> {
        guard let newest = turns.first(where: { !$0.echoes.isEmpty })?.echoes else { return .known([:]) }
        let here = links.withLock {
            $0.knowledge(of: turns.lazy.flatMap(\.echoes), environment: tenant.environmentID, at: now())
        }
        let known = here.traces
        // The newest turn decides, so where this node knows it there is nothing to ask for.
        if newest.contains(where: { known[$0] != nil }) { return .known(known) }
        let echoes = Array(
            turns.lazy.flatMap(\.echoes).filter { !here.ambiguous.contains($0) }.prefix(Self.maximumLookUps)
        )
        return .asked { [store, patience] in
            let stored = await patience.answer(of: { try await store.traces(of: echoes, tenant: tenant) }) ?? [:]
            return known.merging(stored) { known, _ in known }
        }
    }
}
