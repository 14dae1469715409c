public import Logging

/// How a client collects, sends and reports; the defaults are those of CLT-20 to CLT-27.
public struct ClientOptions: Sendable {
    /// What happens to an event for which there is no room.
    public struct OverflowPolicy: Sendable, Hashable {
        let dropsOldest: Bool

        /// The new event is dropped: what was recorded first is kept.
        public static var dropNewest: OverflowPolicy { OverflowPolicy(dropsOldest: false) }
        /// The oldest events that wait are dropped for it; those that are being sent are not.
        public static var dropOldest: OverflowPolicy { OverflowPolicy(dropsOldest: true) }
    }

    /// Whose requests these are, where neither the event nor its trace says.
    public var externalUserId: String?
    /// How many events may wait or be under way.
    public var maximumQueuedEvents = 10_000
    /// How many bytes these may have.
    public var maximumQueuedBytes = 16 << 20
    /// How long one event may be.
    public var maximumEventBytes = 4 << 20
    /// What happens to an event for which there is no room.
    public var overflow = OverflowPolicy.dropNewest
    /// How many events go in one request at most.
    public var batchEvents = 200
    /// How many bytes of events go in one request, unless one alone has more.
    public var batchBytes = 1 << 20
    /// How long an event waits for others to go with.
    public var batchDelay = Duration.milliseconds(200)
    /// How long one attempt may take.
    public var requestTimeout = Duration.seconds(15)
    /// How often and when a request is sent again.
    public var retry = RetryPolicy()
    /// Whether the agent is registered before the first events go.
    public var registersAgent = true
    /// How long ``AgentClient/run()`` goes on sending when the process is told to stop.
    public var shutdownTimeout = Duration.seconds(10)
    /// Where failures are logged, if anywhere.
    public var logger: Logger? = Logger(label: "whyops")
    /// What is told of failures; it is called from the background, one call after another for what is sent.
    public var onError: (@Sendable (ClientError) -> Void)?

    /// The defaults.
    public init() {}
}

/// How often and when a request is sent again.
public struct RetryPolicy: Sendable, Hashable {
    /// How often a request is sent in all.
    public var maximumAttempts = 20
    /// The pause after the first attempt, doubled for each further one.
    public var firstDelay = Duration.milliseconds(200)
    /// What the doubling ends at.
    public var maximumDelay = Duration.seconds(30)
    /// How long a `Retry-After` is honoured; a longer one counts as this.
    public var maximumRetryAfter = Duration.seconds(600)

    /// The defaults.
    public init() {}

    /// The pause after an attempt, from 1: half of it fixed, half by chance, never less than the service asked for (CLT-32, CLT-33).
    func delay(after attempt: Int, retryAfter: Duration?, random: Double) -> Duration {
        var delay = min(firstDelay, maximumDelay)
        for _ in 1..<max(attempt, 1) where delay < maximumDelay { delay = min(delay * 2, maximumDelay) }
        let jittered = delay * (0.5 + random / 2)
        guard let retryAfter else { return jittered }
        // What all were told at once must not bring all back at once.
        return min(retryAfter, maximumRetryAfter) + jittered
    }
}
