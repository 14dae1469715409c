import WhyOps

extension ProxyPath {
    /// The kind of route in one of a few words, so that no client decides how many there are.
    var family: String {
        switch route {
        case .health: "health"
        case .agentInit: "agents"
        case .exchange(.chat): "chat"
        case .exchange(.responses): "responses"
        case .exchange(.messages): "messages"
        case .embeddings: "embeddings"
        case .passThrough: "pass_through"
        case .realtime: "realtime"
        case .invalid: "invalid"
        }
    }
}
