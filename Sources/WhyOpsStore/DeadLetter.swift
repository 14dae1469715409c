package import WhyOps

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
            /// It was tried again, and its trace is not kept (ING-29).
            case sampledOut = "sampled_out"
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

    /// What a request said besides the event: whoever tries it again reads it in the same way (ING-42).
    package struct Sending: Hashable, Sendable {
        /// The type that the route stands for.
        package var fixedType: EventType?
        package var profile: EventProfile
        /// The user that a header named for the events that name none.
        package var externalUserId: String?

        package init(fixedType: EventType? = nil, profile: EventProfile = .original, externalUserId: String? = nil) {
            self.fixedType = fixedType
            self.profile = profile
            self.externalUserId = externalUserId
        }
    }

    package let source: Source
    package var reason: Reason
    /// What the event says of itself, where it does and where that could be one (ING-41).
    package let eventType: String?
    package let traceId: String?
    package let agentName: String?
    package let sending: Sending
    /// The event as it came.
    package let event: [UInt8]

    package init(
        source: Source,
        reason: Reason,
        eventType: String?,
        traceId: String?,
        agentName: String?,
        sending: Sending = Sending(),
        event: [UInt8]
    ) {
        self.source = source
        self.reason = reason
        self.eventType = Self.label(eventType, maximum: 64)
        self.traceId = Self.label(traceId, maximum: 128)
        self.agentName = Self.label(agentName, maximum: 255)
        self.sending = sending
        self.event = event
    }

    /// A text that is longer than any id is none, and would stand in every list; the event itself has it.
    private static func label(_ text: String?, maximum: Int) -> String? {
        // A UTF-16 code unit takes at most three bytes, so nothing long is counted.
        guard let text, text.utf8.count <= 3 * maximum, text.utf16.count <= maximum, !text.utf8.contains(0) else {
            return nil
        }
        return text
    }
}

/// One item of a request of which what can be stored is stored (ING-22).
package struct PartialItem: Sendable {
    /// `nil` for an item that breaks rules.
    package let event: Event?
    /// What is kept where the item is not stored. Its reason counts for an item without an event; the store itself gives
    /// that of the others.
    package let letter: DeadLetter

    package init(event: Event?, letter: DeadLetter) {
        self.event = event
        self.letter = letter
    }
}

/// A dead letter as it is stored.
package struct StoredDeadLetter: Sendable {
    package let id: String
    /// Its event is empty in a list that was asked for without content.
    package let letter: DeadLetter
    /// How long the event is.
    package let eventBytes: Int
    package let attempts: Int
    package let createdAt: String
    package let updatedAt: String
}
