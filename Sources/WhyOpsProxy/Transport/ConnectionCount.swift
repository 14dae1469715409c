import Synchronization

/// How many connections of clients are open, on all event loops (PRX-93).
final class ConnectionCount: Sendable {
    /// What becomes of a connection.
    enum Place {
        /// It is served.
        case served
        /// One too many: its first request is told so.
        case refused
        /// Far too many: it is closed without a word.
        case dropped
    }

    private let limit: Int
    private let open = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Counts a connection, which has to leave in the end whatever becomes of it.
    func enter() -> Place {
        let count = open.wrappingAdd(1, ordering: .relaxed).newValue
        if count <= limit { return .served }
        // Those that are told so take a place as well, for a moment.
        return count <= limit + limit / 8 + 64 ? .refused : .dropped
    }

    func leave() {
        open.wrappingSubtract(1, ordering: .relaxed)
    }
}
