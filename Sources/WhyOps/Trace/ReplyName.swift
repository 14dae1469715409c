/// The names by which a request finds, inside its trace, the reply that its history ends with (TRC-42, TRC-43).
enum ReplyName {
    /// The most turns of a history that are named, the newest ones.
    private static let maximumTurns = 4
    /// The most tool calls of a reply that are names of it.
    private static let maximumCalls = 8
    /// The most choices of a reply whose texts are names of it.
    private static let maximumChoices = 4

    /// The names of a reply.
    static func names(of reply: ReplyCapture, after lineage: Lineage) -> [String] {
        var names: [String] = []
        func add(_ name: String) {
            if !names.contains(name) { names.append(name) }
        }
        if lineage.format != .chat, let id = reply.id,
            let echo = EchoID(.response, String(decoding: id, as: UTF8.self))
        {
            add(name(of: echo))
        }
        for call in reply.choices.lazy.flatMap({ $0.toolCalls }).prefix(maximumCalls) {
            if let id = call.id, let echo = EchoID(.toolCall, String(decoding: id, as: UTF8.self)) {
                add(name(of: echo))
            }
        }
        for choice in reply.choices.prefix(maximumChoices) {
            guard let text = choice.said, let prefix = lineage.conversation?.answered(text) else { continue }
            add(said(prefix))
            add(answer(prefix))
        }
        return names
    }

    /// The names that the replies of a request's history may have, the newest turn first.
    static func sought(_ turns: [AssistantTurn], _ conversation: Conversation?) -> [String] {
        let prefixes = conversation?.prefixes ?? []
        var names: [String] = []
        names.reserveCapacity(3 * maximumTurns)
        for place in 0..<maximumTurns {
            if place < turns.count,
                let echo = turns[place].echoes.last(where: { $0.kind == .toolCall || $0.kind == .response })
            {
                names.append(name(of: echo))
            }
            if place < prefixes.count {
                let prefix = prefixes[prefixes.count - 1 - place]
                names.append(said(prefix))
                names.append(answer(prefix))
            }
        }
        return names
    }

    private static func name(of echo: EchoID) -> String { "\(echo.kind.rawValue):\(echo.text)" }

    /// By the first 16 bytes of a digest.
    private static func said(_ prefix: Conversation.Prefix) -> String {
        "said:" + SHA256.hex(prefix.digest, count: 16)
    }

    private static func answer(_ prefix: Conversation.Prefix) -> String {
        "answer:" + SHA256.hex(SHA256.words(of: prefix.answer), count: 16)
    }
}
