/// What an event says, in one form for each type, whatever shape its content came in (EVT-60).
///
/// A view is derived and never stored in place of the content: `Event.content` keeps every byte, members that nobody
/// knows and number spellings included. Texts are Unicode texts, in which half a surrogate pair is U+FFFD.
public enum EventView: Hashable, Sendable {
    /// What a user, or the program in the user's place, asked.
    case userMessage(UserMessage)
    /// What a model answered.
    case llmResponse(Reply)
    /// What a model thought.
    case llmThinking(Thinking)
    /// What was sent to be embedded.
    case embeddingRequest(EmbeddingRequest)
    /// What came back.
    case embeddingResponse(EmbeddingResponse)
    /// The start of a tool's run.
    case toolCallRequest(ToolCalls)
    /// The end of a tool's run.
    case toolCallResponse(ToolRun)
    /// Both in one.
    case toolCall(ToolRun)
    /// What goes back to the model.
    case toolResult(ToolResults)
    /// What went wrong.
    case error(Failure)

    /// Messages, oldest first.
    public struct UserMessage: Hashable, Sendable {
        /// One message of a conversation.
        public struct Message: Hashable, Sendable {
            /// The role as it came; `user` where there was none.
            public var role: String
            /// The text of the message; empty where it has none.
            public var text: String

            /// Combines a role and a text.
            public init(role: String, text: String) {
                self.role = role
                self.text = text
            }
        }

        /// All messages that came.
        public var messages: [Message]

        /// Combines messages, oldest first.
        public init(messages: [Message]) { self.messages = messages }

        /// The newest text of the user's (EVT-64).
        public var text: String? {
            messages.last { $0.role.utf8.elementsEqual("user".utf8) && !$0.text.isEmpty }?.text
        }
    }

    /// One call of a tool.
    public struct ToolCall: Hashable, Sendable {
        /// The provider's id of the call.
        public var id: String?
        /// The tool.
        public var name: String?
        /// The JSON text of the arguments.
        public var arguments: String?
    }

    /// What one call of a tool gave.
    public struct ToolOutput: Hashable, Sendable {
        /// The provider's id of the call.
        public var id: String?
        /// The tool.
        public var name: String?
        /// The JSON text of the result, or its text where it is a string.
        public var output: String?
    }

    /// A model's answer.
    public struct Reply: Hashable, Sendable {
        /// The answer's text.
        public var text: String?
        /// Why the model would not answer.
        public var refusal: String?
        /// The tools that the model wants to be run.
        public var toolCalls: [ToolCall]
        /// Why the answer ended, in the provider's words.
        public var finishReason: String?
    }

    /// A model's thinking.
    public struct Thinking: Hashable, Sendable {
        /// What was thought.
        public var text: String?
        /// The provider's signature over it.
        public var signature: String?
        /// Whether the provider keeps the text to itself.
        public var redacted: Bool
    }

    /// What was sent to be embedded.
    public struct EmbeddingRequest: Hashable, Sendable {
        /// The texts; empty where tokens were sent.
        public var texts: [String]
        /// How many inputs there are.
        public var count: Int?
    }

    /// A summary of vectors; the numbers as they were spelled.
    public struct EmbeddingResponse: Hashable, Sendable {
        /// How many vectors there are.
        public var count: String?
        /// The length of the first.
        public var dimensions: String?
        /// `float` or `base64`.
        public var encodingFormat: String?
    }

    /// Calls of tools.
    public struct ToolCalls: Hashable, Sendable {
        /// The calls in order.
        public var toolCalls: [ToolCall]
    }

    /// Calls of tools and what they gave.
    public struct ToolRun: Hashable, Sendable {
        /// The calls in order.
        public var toolCalls: [ToolCall]
        /// The results in order.
        public var results: [ToolOutput]
    }

    /// What tools gave.
    public struct ToolResults: Hashable, Sendable {
        /// The results in order.
        public var results: [ToolOutput]
    }

    /// Something that went wrong.
    public struct Failure: Hashable, Sendable {
        /// What it was.
        public var message: String?
        /// A status, as it was spelled.
        public var status: String?
    }

    /// Reads the view of a content; no content is ever an error.
    ///
    /// - Parameter content: the value of the event's `content`; `nil` where it has none.
    /// - Complexity: O(n) in the length of the content.
    public init(_ type: EventType, content: JSONValue?) {
        self =
            switch type {
            case .userMessage: .userMessage(UserMessage(content))
            case .llmResponse: .llmResponse(Reply(content?.body))
            case .llmThinking: .llmThinking(Thinking(content))
            case .embeddingRequest: .embeddingRequest(EmbeddingRequest(content))
            case .embeddingResponse: .embeddingResponse(EmbeddingResponse(content))
            case .toolCallRequest: .toolCallRequest(ToolCalls(toolCalls: ToolCall.calls(of: content?.body)))
            case .toolCallResponse: .toolCallResponse(ToolRun(content?.body))
            case .toolCall: .toolCall(ToolRun(content?.body))
            case .toolResult: .toolResult(ToolResults(results: ToolRun(content?.body).results))
            case .error: .error(Failure(content))
            }
    }

    /// The view of an event; of content that is no JSON, the view of none.
    public init(_ event: Event) {
        let document = event.content.flatMap { try? JSONDocument($0) }
        self.init(event.eventType, content: document?.root)
    }
}
