/// A name by which a request finds, inside its trace, the reply that its history ends with (TRC-42, TRC-43).
enum ReplyName: Hashable {
    /// An id that the reply carries.
    case echo(EchoID)
    /// All that was said up to the reply, by its digest.
    case said(Digest)
    /// What the reply says, by its digest.
    case answer(Digest)

    /// The first 16 bytes of a SHA-256.
    typealias Digest = SIMD4<UInt32>

    /// The most turns of a history that are named, the newest ones.
    private static let maximumTurns = 4
    /// The most tool calls of a reply that are names of it.
    private static let maximumCalls = 8
    /// The most choices of a reply whose texts are names of it.
    private static let maximumChoices = 4

    /// The names of a reply.
    static func names(of reply: ReplyCapture, after lineage: Lineage) -> [ReplyName] {
        var names: [ReplyName] = []
        func add(_ name: ReplyName) {
            if !names.contains(name) { names.append(name) }
        }
        if lineage.format != .chat, let id = reply.id,
            let echo = EchoID(.response, String(decoding: id, as: UTF8.self))
        {
            add(.echo(echo))
        }
        for call in reply.choices.lazy.flatMap({ $0.toolCalls }).prefix(maximumCalls) {
            if let id = call.id, let echo = EchoID(.toolCall, String(decoding: id, as: UTF8.self)) {
                add(.echo(echo))
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
    static func sought(_ turns: [AssistantTurn], _ conversation: Conversation?) -> [ReplyName] {
        let prefixes = conversation?.prefixes ?? []
        var names: [ReplyName] = []
        names.reserveCapacity(3 * maximumTurns)
        for place in 0..<maximumTurns {
            if place < turns.count,
                let echo = turns[place].echoes.last(where: { $0.kind == .toolCall || $0.kind == .response })
            {
                names.append(.echo(echo))
            }
            if place < prefixes.count {
                let prefix = prefixes[prefixes.count - 1 - place]
                names.append(said(prefix))
                names.append(answer(prefix))
            }
        }
        return names
    }

    private static func said(_ prefix: Conversation.Prefix) -> ReplyName { .said(start(of: prefix.digest)) }

    private static func answer(_ prefix: Conversation.Prefix) -> ReplyName {
        .answer(start(of: SHA256.words(of: prefix.answer)))
    }

    private static func start(of words: [8 of UInt32]) -> Digest { [words[0], words[1], words[2], words[3]] }

    /// Writes the name as events have it: its kind, a colon, and an id or hexadecimal digits.
    func write(to writer: inout JSONWriter) {
        switch self {
        case .echo(let echo): writer.string("\(echo.kind.rawValue):\(echo.text)")
        case .said(let digest): Self.write("said:", digest, to: &writer)
        case .answer(let digest): Self.write("answer:", digest, to: &writer)
        }
    }

    private static func write(_ kind: StaticString, _ digest: Digest, to writer: inout JSONWriter) {
        let digits = [32 of UInt8] { place in
            UInt8(truncatingIfNeeded: digest[place >> 3] >> UInt32(28 - 4 * (place & 7)) & 15).hexDigit
        }
        writer.string(kind, digits.span)
    }
}
