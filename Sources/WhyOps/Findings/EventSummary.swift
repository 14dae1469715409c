/// What the analysis of a trace needs of an event: figures and names, no contents (FND-2).
public struct EventSummary: Hashable, Sendable {
    /// How a model's reply ended, as far as findings depend on it (FND-4).
    public enum Ending: Hashable, Sendable {
        /// The model waits for tools that its client runs.
        case waitsForTools
        /// The reply was cut off on its way.
        case brokenOff
        /// Anything else.
        case other

        /// Reads a `finishReason`.
        public init(finishReason: String?) {
            let reason = finishReason.map { Array($0.utf8) } ?? []
            if Self.waiting.contains(where: { reason.elementsEqual($0.utf8) }) {
                self = .waitsForTools
            } else if Self.broken.contains(where: { reason.elementsEqual($0.utf8) }) {
                self = .brokenOff
            } else {
                self = .other
            }
        }

        private static let waiting = ["tool_calls", "function_call", "tool_use"]
        private static let broken = ["client_disconnected", "upstream_error"]
    }

    /// The event's own id, where it has one.
    public var id: String?
    /// What the event records.
    public var eventType: EventType
    /// The event's place in the trace.
    public var stepId: Int
    /// The step that led to this one.
    public var parentStepId: Int?
    /// What ties the parts of one operation together.
    public var spanId: String
    /// The agent that acted.
    public var agentName: String
    /// When it happened.
    public var timestamp: Timestamp
    /// How long it took, in milliseconds.
    public var latencyMs: Int?
    /// Tokens in all.
    public var totalTokens: Int?
    /// `metadata.tool`, where it is a string; of a model's reply the name of its only call.
    public var tool: String?
    /// `metadata.model`, where it is a string.
    public var model: String?
    /// `metadata.provider`, where it is a string.
    public var provider: String?
    /// How the reply ended.
    public var ending: Ending
    /// How many calls of tools the event holds.
    public var callCount: Int
    /// What tells the only call of an event from others (FND-5); `nil` where there is no call, or several.
    public var call: [UInt8]?

    /// Combines what is known of an event.
    public init(
        id: String? = nil,
        eventType: EventType,
        stepId: Int,
        parentStepId: Int? = nil,
        spanId: String,
        agentName: String,
        timestamp: Timestamp,
        latencyMs: Int? = nil,
        totalTokens: Int? = nil,
        tool: String? = nil,
        model: String? = nil,
        provider: String? = nil,
        ending: Ending = .other,
        callCount: Int = 0,
        call: [UInt8]? = nil
    ) {
        self.id = id
        self.eventType = eventType
        self.stepId = stepId
        self.parentStepId = parentStepId
        self.spanId = spanId
        self.agentName = agentName
        self.timestamp = timestamp
        self.latencyMs = latencyMs
        self.totalTokens = totalTokens
        self.tool = tool
        self.model = model
        self.provider = provider
        self.ending = ending
        self.callCount = callCount
        self.call = call
    }
}
