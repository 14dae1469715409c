/// Which trace handed out which id: bounded, oldest first out.
///
/// A value without a clock: what is put in stays until newer links need its place.
package struct EchoLinks: Sendable {
    /// Links are read inside one environment only (TRC-1).
    private struct Key: Hashable {
        var environment: String
        var echo: EchoID
    }

    private enum Target {
        case trace(TraceID)
        /// Two traces were given the same id, so it proves nothing.
        case ambiguous
    }

    private var targets: [Key: Target] = [:]
    /// The keys in the order of their arrival, a ring once it is full.
    private var order: [Key] = []
    private var oldest = 0
    private let capacity: Int

    package init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    package var count: Int { targets.count }

    /// Notes that a reply of a trace carried an id.
    package mutating func insert(_ echo: EchoID, trace: TraceID, environment: String) {
        let key = Key(environment: environment, echo: echo)
        switch targets.updateValue(.trace(trace), forKey: key) {
        case .trace(let known) where known == trace: break
        case .trace, .ambiguous: targets[key] = .ambiguous
        case nil:
            if order.count < capacity {
                order.append(key)
            } else {
                targets[order[oldest]] = nil
                order[oldest] = key
                oldest = (oldest + 1) % capacity
            }
        }
    }

    /// What is known of some ids.
    package struct Knowledge: Sendable {
        /// The traces that gave them out.
        package var traces: [EchoID: TraceID] = [:]
        /// Those that two traces gave out; nobody else's word about them counts either (TRC-6).
        package var ambiguous: Set<EchoID> = []

        package init() {}

        /// Takes in that a trace gave out an id.
        package mutating func insert(_ echo: EchoID, _ trace: TraceID) {
            if ambiguous.contains(echo) { return }
            if let known = traces[echo], known != trace {
                traces[echo] = nil
                ambiguous.insert(echo)
            } else {
                traces[echo] = trace
            }
        }

        /// Takes in what somebody else knows.
        package mutating func merge(_ other: Knowledge) {
            for (echo, trace) in other.traces { insert(echo, trace) }
            for echo in other.ambiguous {
                traces[echo] = nil
                ambiguous.insert(echo)
            }
        }
    }

    /// What is known of some ids.
    package func knowledge(of echoes: some Sequence<EchoID>, environment: String) -> Knowledge {
        var knowledge = Knowledge()
        for echo in echoes {
            switch targets[Key(environment: environment, echo: echo)] {
            case .trace(let trace): knowledge.traces[echo] = trace
            case .ambiguous: knowledge.ambiguous.insert(echo)
            case nil: break
            }
        }
        return knowledge
    }
}
