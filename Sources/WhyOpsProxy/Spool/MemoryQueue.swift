import Synchronization
import WhyOps
import WhyOpsStore

/// Entries that wait in memory, as `--spool off` has it: bounded, and gone with the process.
final class MemoryQueue: EventQueue {
    private struct State {
        /// `nil` where one has been removed.
        var entries: [(entry: QueuedEntry, bytes: Int)?] = []
        /// All before this one have been removed.
        var first = 0
        var bytes = 0
        var linkCount = 0
        var eventCount = 0
        var lost = 0
    }

    private let state = Mutex(State())
    private let maximumBytes: Int

    /// The most links that wait while the store does not answer; this node knows those past them still.
    private static let maximumLinks = 200_000
    /// What one portion takes at most; well below what the store holds for all that wait.
    private static let portionEvents = 500
    private static let portionBytes = 8 * 1024 * 1024

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    var lost: Int { state.withLock { $0.lost } }

    var waiting: (events: Int, bytes: Int) { state.withLock { ($0.eventCount, $0.bytes) } }

    var isDurable: Bool { false }

    func append(_ entry: QueuedEntry) -> QueueRefusal? {
        let bytes = Self.size(of: entry)
        return state.withLock { state in
            switch entry {
            case .events(let events, _):
                guard state.bytes + bytes <= maximumBytes else {
                    state.lost += events.count
                    return full
                }
            case .links(let links, _):
                guard state.linkCount + links.count <= Self.maximumLinks else { return full }
                state.linkCount += links.count
            case .open, .ended: return nil
            }
            state.bytes += bytes
            state.eventCount += entry.eventCount
            state.entries.append((entry, bytes))
            return nil
        }
    }

    func next() -> QueuedPortion? {
        state.withLock { state in
            guard state.first < state.entries.count else { return nil }
            var events = 0
            var bytes = 0
            var portion = QueuedPortion(entries: [], end: state.first)
            for case (let entry, let size)? in state.entries[state.first...] {
                let isFull = events + entry.eventCount > Self.portionEvents || bytes + size > Self.portionBytes
                if isFull, !portion.entries.isEmpty { break }
                events += entry.eventCount
                bytes += size
                portion.entries.append(entry)
                portion.end += 1
            }
            return portion
        }
    }

    func remove(_ portion: QueuedPortion) {
        state.withLock { state in
            for index in state.first..<portion.end {
                state.bytes -= state.entries[index]?.bytes ?? 0
                state.eventCount -= state.entries[index]?.entry.eventCount ?? 0
                if case .links(let links, _)? = state.entries[index]?.entry { state.linkCount -= links.count }
                state.entries[index] = nil
            }
            state.first = portion.end
            // Moving the rest costs what the rest is long, so only once as much has gone.
            if state.first * 2 >= state.entries.count {
                state.entries.removeFirst(state.first)
                state.first = 0
            }
        }
    }

    func isOfEarlierProcess(_ portion: QueuedPortion) -> Bool { false }

    private var full: QueueRefusal { QueueRefusal(reason: .memoryFull, detail: "too much is waiting in memory") }

    func takeGaps() -> [QueuedEntry] { [] }

    func lose(_ count: Int) {
        state.withLock { $0.lost += count }
    }

    func close() {}

    private static func size(of entry: QueuedEntry) -> Int {
        guard case .events(let events, _) = entry else { return 0 }
        return events.reduce(0) { $0 + ($1.content?.count ?? 0) + ($1.metadata?.count ?? 0) }
    }
}
