/// What became of a client's events so far: `recorded` is the sum of `acknowledged`, `refused`, `dropped`, `lost` and `waiting`.
public struct ClientStatistics: Sendable, Hashable {
    /// Events that were given to the client.
    public internal(set) var recorded = 0
    /// Events that the service has, or left out by sampling.
    public internal(set) var acknowledged = 0
    /// Of these, events that the service left out by sampling.
    public internal(set) var sampledOut = 0
    /// Events that the service refused, and those longer than the client takes.
    public internal(set) var refused = 0
    /// Events for which there was no room.
    public internal(set) var dropped = 0
    /// Events that were given up: too many attempts, an unknown key, a client that was shut down.
    public internal(set) var lost = 0
    /// Events that wait or are under way.
    public internal(set) var waiting = 0
    /// The bytes of these.
    public internal(set) var waitingBytes = 0
    /// Attempts at requests.
    public internal(set) var attempts = 0
    /// Of these, attempts that repeated a request.
    public internal(set) var retries = 0
}

/// What became of the events that waited when a flush began.
public struct FlushResult: Sendable, Hashable {
    /// Events that the service has.
    public internal(set) var acknowledged = 0
    /// Events that the service refused.
    public internal(set) var refused = 0
    /// Events that were given up or dropped.
    public internal(set) var lost = 0
    /// Events that still wait or are under way.
    public internal(set) var left = 0

    /// Whether the service has them all.
    public var isComplete: Bool { refused == 0 && lost == 0 && left == 0 }
}
