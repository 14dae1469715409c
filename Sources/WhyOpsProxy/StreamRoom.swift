import WhyOpsEdge

/// The room for what is captured of one stream: a little is its own, the rest is a share of what all may have (PRX-210).
struct CaptureRoom {
    /// How many bytes may be captured.
    private(set) var bytes = Self.step
    private var share = BodyBudget.Share()

    /// What is a stream's own, and by how much it asks for more, so that most of them never ask.
    private static let step = 64 << 10

    /// Makes room for as many bytes, where the others leave it.
    mutating func grow(to need: Int, of budget: BodyBudget) {
        let more = (need - 1) / Self.step * Self.step
        if budget.grow(&share, to: more) { bytes = max(bytes, Self.step + more) }
    }

    mutating func giveBack(to budget: BodyBudget) {
        budget.giveBack(share)
        share = BodyBudget.Share()
        bytes = Self.step
    }
}
