/// The keys by which a conversation is known when neither a signature nor an id is left in it (TRC-38 to TRC-41).
public struct Lineage: Sendable {
    let format: ExchangeFormat
    /// What was said before the reply; `nil` where nobody but the provider can know.
    let conversation: Conversation?
    private let keys: SigningKeys?
    private let agent: String
    private let user: String

    /// The choices of a reply whose keys are noted, at most.
    private static let maximumChoices = 16

    /// - Parameters:
    ///   - reading: the request that is answered.
    ///   - keys: the signing keys of the caller's environment; without them there are no keys of lineage.
    ///   - agent: the agent that asks; another agent has other keys.
    ///   - user: the external user; another one has other keys.
    public init(of reading: RequestReading, keys: SigningKeys?, agent: String, user: String?) {
        format = reading.format
        conversation = Conversation(reading)
        self.keys = keys
        self.agent = agent
        self.user = user ?? ""
    }

    /// The SHA-256 of all that was said; `nil` where nobody but the provider can know.
    public var digest: [UInt8]? { conversation?.digest }

    /// The keys to ask for, newest text of the assistant first: for each the one of every signing key.
    public var sought: [[EchoID]] {
        guard let conversation, let keys else { return [] }
        return conversation.prefixes.reversed().filter { $0.isDistinct }.map { prefix in
            keys.all.compactMap { key(of: prefix, $0) }
        }
    }

    /// The trace of the newest text that is known; `nil` where none is, or where two traces share it (TRC-40).
    package func trace(_ known: EchoLinks.Knowledge) -> TraceID? {
        for keys in sought {
            if keys.contains(where: known.ambiguous.contains) { return nil }
            let traces = Set(keys.compactMap { known.traces[$0] })
            if traces.count > 1 { return nil }
            if let trace = traces.first { return trace }
        }
        return nil
    }

    /// The keys by which the conversation will be known with a reply to it: one for each choice (TRC-39).
    public func noted(_ reply: ReplyCapture) -> [EchoID] {
        guard let conversation, let keys else { return [] }
        var noted: [EchoID] = []
        for choice in reply.choices.prefix(Self.maximumChoices) {
            guard let text = choice.text, let prefix = conversation.answered(text), prefix.isDistinct,
                let key = key(of: prefix, keys.active), !noted.contains(key)
            else { continue }
            noted.append(key)
        }
        return noted
    }

    /// TRC-38
    private func key(of prefix: Conversation.Prefix, _ key: SigningKey) -> EchoID? {
        var message = key.lineage
        message.update(digest: prefix.digest)
        message.update(agent)
        message.update(byte: 0)
        message.update(user)
        return EchoID(.lineage, SHA256.hex(message.finishWords(), count: 16))
    }
}
