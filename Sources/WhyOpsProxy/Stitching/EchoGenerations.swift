import WhyOps

/// Links that are forgotten when they have become too old: two generations of them, of which the older one goes as a whole.
struct EchoGenerations {
    private var young: EchoLinks
    private var old: EchoLinks
    /// When the young one began.
    private var since: ContinuousClock.Instant
    private let period: Duration
    private let capacity: Int

    /// - Parameters:
    ///   - capacity: the most links that are remembered.
    ///   - lifetime: how long a link is remembered at most; it is for half of that at least, as far as the capacity goes.
    init(capacity: Int, lifetime: Duration, at now: ContinuousClock.Instant) {
        self.capacity = max(1, capacity / 2)
        period = lifetime / 2
        young = EchoLinks(capacity: self.capacity)
        old = EchoLinks(capacity: self.capacity)
        since = now
    }

    /// Notes that a reply of a trace carried ids.
    mutating func insert(
        _ echoes: some Sequence<EchoID>,
        trace: TraceID,
        environment: String,
        at now: ContinuousClock.Instant
    ) {
        turn(now)
        for echo in echoes { young.insert(echo, trace: trace, environment: environment) }
    }

    /// What is known of some ids.
    mutating func knowledge(
        of echoes: some Sequence<EchoID>,
        environment: String,
        at now: ContinuousClock.Instant
    ) -> EchoLinks.Knowledge {
        turn(now)
        var known = young.knowledge(of: echoes, environment: environment)
        if old.count > 0 { known.merge(old.knowledge(of: echoes, environment: environment)) }
        return known
    }

    /// How many links are remembered.
    mutating func count(at now: ContinuousClock.Instant) -> Int {
        turn(now)
        return young.count + old.count
    }

    private mutating func turn(_ now: ContinuousClock.Instant) {
        let passed = now - since
        guard passed >= period else { return }
        let empty = EchoLinks(capacity: capacity)
        old = passed < period * 2 ? young : empty
        young = empty
        // Generations follow each other without a gap, however rarely somebody asks.
        since += passed < period * 2 ? period : passed
    }
}
