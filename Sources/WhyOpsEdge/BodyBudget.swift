import Synchronization

/// How many bytes of bodies, or of answers, are held at once (ING-25, ING-106, PRX-159), in all and by one owner (ING-130,
/// PRX-214): what is over it is refused.
package final class BodyBudget: Sendable {
    private struct State {
        var held = 0
        /// What those hold who have a name.
        var heldBy: [String: Int] = [:]
    }

    private let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
    }

    /// A request's share of the budget; whoever has one gives it back.
    package struct Share: Sendable {
        package fileprivate(set) var bytes = 0
        fileprivate let owner: String?

        /// - Parameter owner: whose shares together leave something to the others; `nil` for one that counts alone.
        package init(owner: String? = nil) {
            self.owner = owner
        }
    }

    /// A share that gives itself back when nobody has it any more.
    package final class Room: Sendable {
        private let budget: BodyBudget
        private let share: Share

        fileprivate init(_ budget: BodyBudget, _ share: Share) {
            self.budget = budget
            self.share = share
        }

        deinit {
            var share = share
            budget.giveBack(&share)
        }
    }

    /// Makes a share as large as asked, or says that there is no room; alone there always is.
    package func grow(_ share: inout Share, to bytes: Int) -> Bool {
        let more = bytes - share.bytes
        guard more > 0 else { return true }
        let (before, owner) = (share.bytes, share.owner)
        let fits = state.withLock { state in
            guard state.held == before || state.held + more <= limit else { return false }
            if let owner {
                let own = state.heldBy[owner] ?? 0
                let left = limit - (state.held - own)
                guard own == before || own + more <= left / 4 * 3 else { return false }
                state.heldBy[owner] = own + more
            }
            state.held += more
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
    package var bytes: Int { state.withLock { $0.held } }

    /// Makes a share empty; it may grow again.
    package func giveBack(_ share: inout Share) {
        let (bytes, owner) = (share.bytes, share.owner)
        guard bytes > 0 else { return }
        share.bytes = 0
        state.withLock { state in
            state.held -= bytes
            guard let owner else { return }
            let rest = (state.heldBy[owner] ?? 0) - bytes
            state.heldBy[owner] = rest > 0 ? rest : nil
        }
    }

    /// Room for some bytes, as long as somebody has it.
    package func room(for bytes: Int, owner: String? = nil) -> Room? {
        var share = Share(owner: owner)
        return grow(&share, to: bytes) ? Room(self, share) : nil
    }
}
