import Synchronization
import WhyOps
import WhyOpsStore

/// Which trace gave out which ids: in this node's memory at once, in the store for its other nodes and its next life.
final class EchoTable: Sendable {
    private let links: Mutex<EchoLinks>
    private let store: any Store
    private let recorder: EventRecorder

    /// How long a request waits for the store; then the next rung decides.
    private static let patience = Duration.milliseconds(20)
    /// The most ids of a history that the store is asked for, newest first.
    private static let maximumLookUps = 64

    init(capacity: Int, store: any Store, recorder: EventRecorder) {
        links = Mutex(EchoLinks(capacity: capacity))
        self.store = store
        self.recorder = recorder
    }

    /// Notes ids before the bytes that carry them are released (TRC-6).
    func insert(_ echoes: [EchoID], trace: TraceID, tenant: Tenant) {
        if echoes.isEmpty { return }
        links.withLock { links in
            for echo in echoes { links.insert(echo, trace: trace, environment: tenant.environmentID) }
        }
        recorder.record(echoes.map { StitchLink(echo: $0, trace: trace) }, tenant: tenant)
    }

    /// The traces that are known for the ids of some turns, newest turn first.
    func traces(of turns: [AssistantTurn], tenant: Tenant) async -> [EchoID: TraceID] {
        let here = links.withLock { $0.knowledge(of: turns, environment: tenant.environmentID) }
        let known = here.traces
        let newest = turns.first { !$0.echoes.isEmpty }?.echoes ?? []
        // The newest turn decides, so where this node knows it there is nothing to ask for.
        if newest.isEmpty || newest.contains(where: { known[$0] != nil }) { return known }
        let echoes = Array(
            turns.lazy.flatMap(\.echoes).filter { !here.ambiguous.contains($0) }.prefix(Self.maximumLookUps)
        )
        let lookUp = Task { [store] in try await store.traces(of: echoes, tenant: tenant) }
        let limit = Task {
            try await Task.sleep(for: Self.patience)
            lookUp.cancel()
        }
        defer { limit.cancel() }
        let stored = (try? await lookUp.value) ?? [:]
        return known.merging(stored) { known, _ in known }
    }
}
