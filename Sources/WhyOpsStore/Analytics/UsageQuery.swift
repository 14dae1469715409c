package import WhyOps

/// Which model calls are to be added up, and how they are grouped beside provider and model.
package struct UsageQuery: Sendable {
    package enum Interval: String, Sendable { case hour, day, week, month }

    package enum Grouping: Sendable, Hashable {
        case none
        case time(Interval)
        /// By the external user of the trace.
        case user
    }

    package var grouping = Grouping.none
    package var traceId: String?
    package var providerId: String?
    package var agentID: String?
    /// Those whose traces count, `nil` among them for traces without a user; `nil` for all.
    package var users: [String?]?
    /// Lengths of prompts, in tokens, beyond which a call counts in another row.
    package var promptLengths: [Int] = []
    /// These bound the events' time stamps.
    package var startDate: Timestamp?
    package var endDate: Timestamp?

    package init(grouping: Grouping = .none) {
        self.grouping = grouping
    }
}

/// What the model calls of one group used.
package struct UsageRow: Sendable {
    /// The first day or hour of the interval, or the user; `nil` without grouping, and for traces without a user.
    package let group: String?
    package let provider: String?
    package let model: String?
    /// What the events say about whether cached tokens are among `promptTokens`.
    package let accounting: String?
    package let requestCount: Int
    package let errorCount: Int
    package let latencySum: Int
    package let latencyCount: Int
    package let facts: EventFacts
    /// What `promptTokens` come to where they include cached tokens, and where they do not.
    package let inclusive: PromptFigures
    package let exclusive: PromptFigures
    /// Tokens written to a cache beyond those that are kept for an hour, call by call.
    package let shortCacheWrites: Int
}

/// Prompts of calls, read one of two ways.
package struct PromptFigures: Sendable {
    /// Tokens that were neither read from nor written to a cache: the sum over calls, since a call whose counts contradict
    /// each other must not take anything from another one.
    package let uncached: Int
    /// The greatest of `UsageQuery.promptLengths` that each call's whole prompt exceeds; 0 where it exceeds none.
    package let length: Int

    package init(uncached: Int, length: Int = 0) {
        self.uncached = uncached
        self.length = length
    }
}

/// What the traces of one user come to.
package struct UserTotals: Sendable {
    package let externalUserId: String?
    package let traceCount: Int
    package let eventCount: Int
    package let totalTokens: Int
    package let errorCount: Int
    package let lastActive: String
}

/// Whose traces are to be added up; the dates bound the last activity.
package struct UserQuery: Sendable {
    package var agentID: String?
    package var startDate: Timestamp?
    package var endDate: Timestamp?
    package var page: PageRequest

    package init(agentID: String? = nil, startDate: Timestamp? = nil, endDate: Timestamp? = nil, page: PageRequest) {
        self.agentID = agentID
        self.startDate = startDate
        self.endDate = endDate
        self.page = page
    }
}

/// What happened between two moments.
package struct PeriodFigures: Sendable {
    package let events: Int
    package let errors: Int
    package let latencySum: Int
    package let latencyCount: Int
}

/// Figures for a first look.
package struct DashboardFigures: Sendable {
    package let agents: Int
    package let activeTraces: Int
    package let today: PeriodFigures
    package let yesterday: PeriodFigures
    /// Traces begun, by `YYYY-MM-DD`.
    package let tracesByDay: [(day: String, count: Int)]
    /// The agents that began most.
    package let tracesByAgent: [(name: String, count: Int)]
}
