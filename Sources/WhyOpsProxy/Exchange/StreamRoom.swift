import WhyOpsEdge

/// The room for what is kept of one stream, or of an event that has not come whole: a little is its own, the rest is a
/// share of what all may have (PRX-210, PRX-211).
struct StreamRoom {
    /// How many bytes may be kept.
    private(set) var bytes = Self.own
    private var share: BodyBudget.Share

    /// What is a stream's own, and by how much it asks for more, so that most of them never ask.
    static let own = 64 << 10

    /// - Parameter owner: whose streams together leave something to the others (PRX-214).
    init(owner: String? = nil) {
        share = BodyBudget.Share(owner: owner)
    }

    /// Makes room for as many bytes, where the others leave it.
    mutating func grow(to need: Int, of budget: BodyBudget) {
        let more = (need - 1) / Self.own * Self.own
        if budget.grow(&share, to: more) { bytes = max(bytes, Self.own + more) }
    }

    /// Whether there is more than a stream's own.
    var isShared: Bool { share.bytes > 0 }

    mutating func giveBack(to budget: BodyBudget) {
        budget.giveBack(&share)
        bytes = Self.own
    }
}
