import WhyOps

/// The kind of a request's route, one of a few, so that no client decides how many there are.
enum RouteFamily: String, Sendable, CaseIterable {
    case chat, responses, messages, embeddings, agents, realtime, health, invalid
    case passThrough = "pass_through"
    /// The head could not be read.
    case none

    init(_ route: ProxyRoute) {
        self =
            switch route {
            case .health: .health
            case .agentInit: .agents
            case .exchange(.chat): .chat
            case .exchange(.responses): .responses
            case .exchange(.messages): .messages
            case .embeddings: .embeddings
            case .passThrough: .passThrough
            case .realtime: .realtime
            case .invalid: .invalid
            }
    }
}
