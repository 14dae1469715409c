import Synchronization

/// How many bytes of bodies, or of answers, are held at once (ING-25, ING-106, PRX-159): what is over it is refused.
package final class BodyBudget: Sendable {
    private let limit: Int
    private let held = Mutex(0)

    package init(limit: Int) {
        self.limit = limit
    }

    /// A request's share of the budget; whoever has one gives it back.
    package struct Share: Sendable {
        package fileprivate(set) var bytes = 0

        package init() {}
    }

    /// A share that gives itself back when nobody has it any more.
    package final class Room: Sendable {
        private let budget: BodyBudget
        private let share: Share

        fileprivate init(_ budget: BodyBudget, _ share: Share) {
            self.budget = budget
            self.share = share
        }

        deinit { budget.giveBack(share) }
    }

    /// Makes a share as large as asked, or says that there is no room; alone there always is.
    package func grow(_ share: inout Share, to bytes: Int) -> Bool {
        let more = bytes - share.bytes
        guard more > 0 else { return true }
        let own = share.bytes
        let fits = held.withLock { held in
            guard held == own || held + more <= limit else { return false }
            held += more
            return true
        }
        if fits { share.bytes = bytes }
        return fits
    }

    /// Makes a share as large as a reply that is read before it goes (PRX-203): a small one always has room.
    package func holds(_ bytes: Int, _ share: inout Share) -> Bool {
        grow(&share, to: bytes) || bytes <= Self.small
    }

    /// What a reply may take that finds no room; how many there are at once is bounded elsewhere (PRX-94).
    private static let small = 64 << 10

    /// How many bytes are held now.
    package var bytes: Int { held.withLock { $0 } }

    package func giveBack(_ share: Share) {
        held.withLock { $0 -= share.bytes }
    }

    /// Room for some bytes, as long as somebody has it.
    package func room(for bytes: Int) -> Room? {
        var share = Share()
        return grow(&share, to: bytes) ? Room(self, share) : nil
    }
}
