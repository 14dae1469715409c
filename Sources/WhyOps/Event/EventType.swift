/// What an event records; the protocol closes the list per version (EVT-2).
public enum EventType: String, CaseIterable, Hashable, Sendable {
    /// What a user, or the program in the user's place, asked.
    case userMessage = "user_message"
    /// What a model answered.
    case llmResponse = "llm_response"
    /// What a model thought before it answered.
    case llmThinking = "llm_thinking"
    /// Text that was sent to be embedded.
    case embeddingRequest = "embedding_request"
    /// A summary of the vectors that came back.
    case embeddingResponse = "embedding_response"
    /// The start of a tool's run.
    case toolCallRequest = "tool_call_request"
    /// The end of a tool's run, with its results.
    case toolCallResponse = "tool_call_response"
    /// Call and results in one event, as older clients send them.
    case toolCall = "tool_call"
    /// A tool's output as it goes back to the model.
    case toolResult = "tool_result"
    /// Something that went wrong.
    case error

    /// Whether `metadata.tool` has to be there (EVT-12).
    var needsTool: Bool { self == .toolCallRequest || self == .toolCallResponse }

    /// Whether `metadata.model` and `metadata.provider` have to be there (EVT-13).
    var needsModel: Bool { self == .llmResponse || self == .embeddingResponse }

    /// The type with this name, compared byte by byte.
    public init?(name: String) {
        for type in Self.allCases where type.rawValue.utf8.elementsEqual(name.utf8) {
            self = type
            return
        }
        return nil
    }
}
