/// An event that cannot be stored, with the reason (ING-40).
package struct DeadLetter: Sendable {
    package enum Source: String, Sendable { case ingest, proxy }

    /// Why an event is not stored.
    package struct Reason: Sendable {
        package enum Code: String, Sendable {
            /// It breaks rules.
            case invalid
            /// Its step is taken, or its idempotency key stands for another event.
            case conflict
            /// The database can never take it.
            case refused
        }

        package let code: Code
        package let message: String
        /// The faults as a JSON array.
        package let details: [UInt8]

        package init(_ code: Code, _ message: String, details: [UInt8] = Array("[]".utf8)) {
            self.code = code
            self.message = message
            self.details = details
        }
    }

    package let source: Source
    package let reason: Reason
    /// What the event says of itself, where it does.
    package let eventType: String?
    package let traceId: String?
    package let agentName: String?
    /// The event as it came.
    package let event: [UInt8]

    package init(
        source: Source,
        reason: Reason,
        eventType: String?,
        traceId: String?,
        agentName: String?,
        event: [UInt8]
    ) {
        self.source = source
        self.reason = reason
        self.eventType = eventType
        self.traceId = traceId
        self.agentName = agentName
        self.event = event
    }
}

/// A dead letter as it is stored.
package struct StoredDeadLetter: Sendable {
    package let id: String
    package let letter: DeadLetter
    package let attempts: Int
    package let createdAt: String
    package let updatedAt: String
}
