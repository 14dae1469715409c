package import WhyOps

/// What is read of events beside what is small: content and metadata may be megabytes each.
package struct EventParts: OptionSet, Sendable, Hashable {
    package let rawValue: Int

    package static let content = EventParts(rawValue: 1)
    package static let metadata = EventParts(rawValue: 2)
    package static let all: EventParts = [.content, .metadata]

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// Which part of a list is wanted.
package struct PageRequest: Sendable, Hashable {
    package var limit: Int
    package var offset: Int
    /// Of a list of events: what is read of each.
    package var parts: EventParts

    package init(limit: Int, offset: Int = 0, parts: EventParts = .all) {
        self.limit = limit
        self.offset = offset
        self.parts = parts
    }
}

/// A part of a list, and how long the whole is.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// How long the whole list is, or a number that it certainly has where it was not counted to the end.
    package let total: Int
    /// Whether the list goes on behind the items, where `total` does not tell.
    package var hasMore: Bool?

    package init(items: [Item], total: Int, hasMore: Bool? = nil) {
        self.items = items
        self.total = total
        self.hasMore = hasMore
    }
}

/// Which events are wanted.
package struct EventQuery: Sendable {
    package var traceId: String?
    package var providerId: String?
    package var page: PageRequest

    package init(traceId: String? = nil, providerId: String? = nil, page: PageRequest) {
        self.traceId = traceId
        self.providerId = providerId
        self.page = page
    }
}

/// Which traces are wanted; the dates bound the last activity.
package struct ThreadQuery: Sendable {
    package var agentName: String?
    package var agentID: String?
    package var externalUserId: String?
    package var startDate: Timestamp?
    package var endDate: Timestamp?
    /// A version that any event of the trace has.
    package var agentVersionID: String?
    package var providerId: String?
    /// The trace's newest model.
    package var model: String?
    package var hasErrors: Bool?
    /// Whether each thread comes with the definition of its agent's version.
    package var wantsDefinition = true
    package var page: PageRequest

    package init(
        agentName: String? = nil,
        agentID: String? = nil,
        externalUserId: String? = nil,
        startDate: Timestamp? = nil,
        endDate: Timestamp? = nil,
        page: PageRequest
    ) {
        self.agentName = agentName
        self.agentID = agentID
        self.externalUserId = externalUserId
        self.startDate = startDate
        self.endDate = endDate
        self.page = page
    }
}

/// An event as it is stored, with what the store added.
package struct StoredEvent: Sendable {
    package let id: String
    /// With step, span and time stamp filled in.
    package let event: Event
    package let agentID: String
    package let agentVersionID: String
    package let facts: EventFacts
    package let createdAt: String
}

/// A trace without its events.
package struct StoredThread: Sendable {
    package let traceId: String
    package let agentID: String
    package let agentName: String
    package let agentVersionID: String
    /// The definition of the trace's first agent version, as JSON; `nil` where it was not asked for, and in a list that has no
    /// room for it (ING-116).
    package var agentMetadata: [UInt8]?
    package let externalUserId: String?
    package let providerId: String?
    package let model: String?
    package let eventCount: Int
    package let firstEventAt: String
    package let lastEventAt: String
    package let lastActivity: String
    package let totalTokens: Int
    package let errorCount: Int
}

/// What a search found.
package struct ThreadSearch: Sendable {
    package let page: Page<StoredThread>
    /// Traces that were looked into.
    package let searched: Int
    /// Whether those were all.
    package let isComplete: Bool
}

/// An event with what its metadata says for a graph, and without content and metadata.
package struct LabelledEvent: Sendable {
    /// Links that one event has in a graph.
    private static let linkLimit = 1000

    package let stored: StoredEvent
    package let tool: String?
    package let provider: String?
    package let stitchSource: String?
    /// Traces that the history pointed at.
    package internal(set) var links: [String]

    package init(_ stored: StoredEvent) {
        let metadata = stored.event.metadata.flatMap { try? JSONDocument($0).root }
        tool = ListedName.of(metadata?["tool"]?.string)
        provider = ListedName.of(metadata?["provider"]?.string)
        let stitch = metadata?["stitch"]
        stitchSource = ListedName.of(stitch?["source"]?.string)
        let list = stitch?["links"]
        // What is longer is no trace (EVT-6).
        links =
            list?.kind == .array
            ? list?.children.prefix(Self.linkLimit).compactMap(\.string).filter { $0.utf16.count <= 128 } ?? [] : []
        var event = stored.event
        event.content = nil
        event.metadata = nil
        self.stored = StoredEvent(
            id: stored.id,
            event: event,
            agentID: stored.agentID,
            agentVersionID: stored.agentVersionID,
            facts: stored.facts,
            createdAt: stored.createdAt
        )
    }
}

/// The events of a trace for its graph.
package struct LabelledEvents: Sendable {
    /// By step.
    package let events: [LabelledEvent]
    /// Whether reading ended early, since the metadata came to more than is read for one graph (ING-54).
    package let isCut: Bool
}

/// Which events of a trace are wanted for its graph.
package struct GraphQuery: Sendable {
    package var startDate: Timestamp?
    package var endDate: Timestamp?
    package var limit: Int

    package init(startDate: Timestamp? = nil, endDate: Timestamp? = nil, limit: Int) {
        self.startDate = startDate
        self.endDate = endDate
        self.limit = limit
    }
}

/// A trace with its totals and some of its events.
package struct ThreadDetail: Sendable {
    /// An event in the order of time.
    package struct Entry: Sendable {
        package let stored: StoredEvent
        /// The span of the event's parent, where that is another one than the event's own.
        package let parentSpanID: String?
        /// The time stamp of the event after it.
        package let nextTimestamp: String?
        /// Whether an event with a greater step has an earlier time stamp.
        package let isLate: Bool
    }

    /// What one model used.
    package struct ModelUsage: Sendable {
        package let model: String
        package let facts: EventFacts
        package let isLast: Bool
    }

    package let thread: StoredThread
    package let totalTokens: Int
    package let totalLatency: Int
    package let errorCount: Int
    package let hasLateEvents: Bool
    package let models: [ModelUsage]
    package let entries: [Entry]
}
