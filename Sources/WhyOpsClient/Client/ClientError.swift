/// Why something could not be sent or stored; never holds the API key.
public struct ClientError: Error, Sendable, Hashable {
    /// What kind of failure it is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// A base address or the key cannot be used; nothing is sent.
        public static var configuration: Code { Code(description: "configuration") }
        /// The service does not know the key; nothing more is sent.
        public static var unauthorized: Code { Code(description: "unauthorized") }
        /// The service refuses what was sent.
        public static var refused: Code { Code(description: "refused") }
        /// An event is longer than the client takes.
        public static var tooLong: Code { Code(description: "tooLong") }
        /// The queue was full, and events were dropped.
        public static var overflow: Code { Code(description: "overflow") }
        /// The service could not be reached, or had no room, as often as it was tried.
        public static var undelivered: Code { Code(description: "undelivered") }
        /// The agent could not be registered; events go on.
        public static var registration: Code { Code(description: "registration") }
        /// The client was shut down before the event was sent.
        public static var closed: Code { Code(description: "closed") }
        /// Who waited was cancelled; the event may be stored all the same.
        public static var cancelled: Code { Code(description: "cancelled") }
        /// A text or a value is no JSON.
        public static var invalidJSON: Code { Code(description: "invalidJSON") }
    }

    /// A rule of the protocol that an event breaks.
    public struct Fault: Sendable, Hashable {
        /// The place in the event (RFC 6901).
        public let pointer: String
        /// The rule's id, such as `traceId.maxLength`.
        public let rule: String
        /// What to send instead.
        public let message: String
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened, for a person.
    public let message: String
    /// The status of the service's answer, where there was one.
    public let status: Int?
    /// How many events it concerns.
    public let eventCount: Int
    /// The trace of the event, where it concerns one.
    public let traceId: String?
    /// The type of the event, where it concerns one.
    public let eventType: String?
    /// The rules that the event breaks, as far as the service says.
    public let faults: [Fault]

    init(
        _ code: Code,
        _ message: String,
        status: Int? = nil,
        eventCount: Int = 0,
        traceId: String? = nil,
        eventType: String? = nil,
        faults: [Fault] = []
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.eventCount = eventCount
        self.traceId = traceId
        self.eventType = eventType
        self.faults = faults
    }

    /// The same about some events.
    func about(_ items: some Collection<QueuedEvent>) -> ClientError {
        let only = items.count == 1 ? items.first : nil
        return ClientError(
            code,
            message,
            status: status,
            eventCount: items.count,
            traceId: only?.traceId,
            eventType: only?.eventType,
            faults: faults
        )
    }
}

extension ClientError: CustomStringConvertible {
    /// One line for a log.
    public var description: String {
        var text = "\(code): \(message)"
        if let status { text += " (HTTP \(status))" }
        if eventCount > 0 { text += ", \(eventCount) event\(eventCount == 1 ? "" : "s")" }
        if let eventType, let traceId { text += ", \(eventType) of trace \(traceId)" }
        for fault in faults.prefix(3) { text += "; \(fault.pointer) \(fault.message) [\(fault.rule)]" }
        return text
    }
}
