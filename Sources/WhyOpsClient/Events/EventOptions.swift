/// What any event may say beside its content; what is left out is filled in (CLT-12) or left to the service.
public struct EventOptions: Sendable, Hashable {
    /// The span that the event belongs to; a request and its response have the same one.
    public var spanId: String?
    /// The event's number in its trace, from 1.
    public var stepId: Int?
    /// The number of the event that this one follows.
    public var parentStepId: Int?
    /// When it happened; unless set, when it was recorded.
    public var timestamp: EventTime?
    /// What the service knows a repetition by; unless set, a new UUID.
    public var idempotencyKey: String?
    /// Whose request it was; unless set, the trace's, else the client's.
    public var externalUserId: String?

    /// Options with what is given.
    public init(
        spanId: String? = nil,
        stepId: Int? = nil,
        parentStepId: Int? = nil,
        timestamp: EventTime? = nil,
        idempotencyKey: String? = nil,
        externalUserId: String? = nil
    ) {
        self.spanId = spanId
        self.stepId = stepId
        self.parentStepId = parentStepId
        self.timestamp = timestamp
        self.idempotencyKey = idempotencyKey
        self.externalUserId = externalUserId
    }
}
