extension EchoID {
    /// What a list of ids proves: an id that two traces gave out proves nothing (TRC-6).
    ///
    /// - Complexity: O(n).
    public static func known(_ links: [(id: EchoID, trace: TraceID)]) -> [EchoID: TraceID] {
        var known = EchoLinks.Knowledge()
        for (id, trace) in links { known.insert(id, trace) }
        return known.traces
    }
}
