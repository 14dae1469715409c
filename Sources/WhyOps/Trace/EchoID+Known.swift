extension EchoID {
    /// Which trace gave out which id, by a list of links; an id that two traces gave out proves nothing and is left out
    /// (TRC-6).
    ///
    /// - Complexity: O(n).
    public static func known(_ links: [(id: EchoID, trace: TraceID)]) -> [EchoID: TraceID] {
        var known: [EchoID: TraceID] = [:]
        var ambiguous: Set<EchoID> = []
        for (id, trace) in links {
            if let earlier = known.updateValue(trace, forKey: id), earlier != trace { ambiguous.insert(id) }
        }
        for id in ambiguous { known[id] = nil }
        return known
    }
}
