import Synchronization

/// How many analyses run; who finds no place comes again, since none takes long.
final class FindingSlots: Sendable {
    private let limit: Int
    private let taken = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a place; false where there is none.
    func take() -> Bool {
        taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
    }

    /// Gives a place back.
    func give() {
        taken.withLock { $0 -= 1 }
    }
}
