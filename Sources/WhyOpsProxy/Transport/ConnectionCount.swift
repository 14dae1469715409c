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
    private let toldCount = Atomic(0)
    private let droppedCount = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// How many are open at most, with those that are told that they are too many.
    static func most(of limit: Int) -> Int { limit + limit / 8 + 64 }

    /// Counts a connection, which has to leave in the end whatever becomes of it.
    func enter() -> Place {
        let count = open.wrappingAdd(1, ordering: .relaxed).newValue
        if count <= limit { return .served }
        // Those that are told so take a place as well, for a moment.
        guard count <= Self.most(of: limit) else {
            droppedCount.wrappingAdd(1, ordering: .relaxed)
            return .dropped
        }
        toldCount.wrappingAdd(1, ordering: .relaxed)
        return .refused
    }

    /// How many are open.
    var current: Int { open.load(ordering: .relaxed) }
    /// How many were one too many and told so.
    var told: Int { toldCount.load(ordering: .relaxed) }
    /// How many were closed without a word.
    var dropped: Int { droppedCount.load(ordering: .relaxed) }

    func leave() {
        open.wrappingSubtract(1, ordering: .relaxed)
    }
}
