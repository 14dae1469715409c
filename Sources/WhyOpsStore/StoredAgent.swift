/// An agent with its current version.
package struct StoredAgent: Sendable {
    package let id: String
    package let name: String
    package internal(set) var current: StoredVersion
    /// New traces in 24 hours; `nil` for any number.
    package let maxTraces: Int?
    /// Spans of one trace; `nil` for any number.
    package let maxSpans: Int?
    /// Traces that the agent began.
    package let traceCount: Int
    package let lastActive: String?
    package let createdAt: String
    package let updatedAt: String
    /// Events of the last seven days, and errors among them; counted for lists only.
    package var recentEvents = 0
    package var recentErrors = 0
}

/// A version of an agent's definition.
package struct StoredVersion: Sendable {
    package let id: String
    package let agentID: String
    package let agentName: String
    /// The version hash (AGT-6).
    package let hash: String
    /// The hash that does not depend on spelling (AGT-23); `nil` where what was observed of an agent has none.
    package let definitionHash: String?
    /// The definition as JSON; `nil` where it was not asked for, and in a list that has no room for it (ING-116).
    package internal(set) var metadata: [UInt8]?
    package let samplingRate: Double
    package let isCurrent: Bool
    package let createdAt: String
    package let updatedAt: String
}

/// Which days of an agent are wanted: the first moments of both counts.
package struct AgentActivityQuery: Sendable {
    package var eventsSince: String
    package var tracesSince: String
    package var externalUserId: String?

    package init(eventsSince: String, tracesSince: String, externalUserId: String? = nil) {
        self.eventsSince = eventsSince
        self.tracesSince = tracesSince
        self.externalUserId = externalUserId
    }
}

/// What an agent did, by day, oldest first.
package struct AgentActivity: Sendable {
    package struct Events: Sendable {
        /// `YYYY-MM-DD`.
        package let day: String
        package let count: Int
        package let errors: Int
    }

    package struct Traces: Sendable {
        package let day: String
        package let count: Int
    }

    package let events: [Events]
    /// The traces that it began.
    package let traces: [Traces]
}

/// What is to be set of an agent; what is `nil` stays.
package struct AgentSettingsChange: Sendable {
    /// From 0 to 1.
    package var samplingRate: Double?
    /// `.some(nil)` takes the limit away.
    package var maxTraces: Int??
    package var maxSpans: Int??

    package init(samplingRate: Double? = nil, maxTraces: Int?? = nil, maxSpans: Int?? = nil) {
        self.samplingRate = samplingRate
        self.maxTraces = maxTraces
        self.maxSpans = maxSpans
    }
}

/// What went with an agent.
package struct AgentDeletion: Sendable, Hashable {
    package var events = 0
    package var traces = 0
    package var versions = 0
}
