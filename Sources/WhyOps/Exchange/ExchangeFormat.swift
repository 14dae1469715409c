/// A provider's wire format that the proxy reads and records.
public enum ExchangeFormat: String, Sendable, CaseIterable {
    /// OpenAI chat completions.
    case chat
    /// Anthropic messages.
    case messages
    /// OpenAI responses.
    case responses

    /// The provider type that serves the format.
    public var vendor: Vendor {
        switch self {
        case .chat, .responses: .openai
        case .messages: .anthropic
        }
    }
}

/// Whose API a path or a provider speaks.
public enum Vendor: String, Sendable, CaseIterable {
    case openai
    case anthropic
}
