public import WhyOps

/// The conversations of a trace as the messages that a vendor's interface takes, one conversation a line (IOP-50).
public struct ConversationExport: Sendable {
    /// Whose messages are written.
    public enum Form: String, CaseIterable, Sendable {
        case openAI = "openai"
        case anthropic
    }

    /// Each conversation's line, with its end.
    public private(set) var lines: [[UInt8]] = []
    /// How many parts the form has no place for.
    public private(set) var leftOut = 0

    /// Writes the conversations of a trace.
    ///
    /// - Parameter events: of one trace, in the order in which they are stored.
    public init(_ events: [Event], form: Form) {
        var time: Int64 = 0
        let read = events.map { event in
            let read = ReadEvent(TraceItem(event), after: time)
            time = read.time
            return read
        }
        for conversation in Threads(read).conversations where !conversation.messages.isEmpty {
            var writer = JSONWriter()
            switch form {
            case .openAI: conversation.writeOpenAI(to: &writer, leftOut: &leftOut)
            case .anthropic: conversation.writeAnthropic(to: &writer, leftOut: &leftOut)
            }
            lines.append(writer.bytes + [0x0A])
        }
    }
}

/// What was said between a user, an agent and its tools.
struct ThreadOfMessages {
    var agentName: String
    var messages: [ChatMessage]
    /// What was said apart from the messages.
    var instructions: [ChatMessage.Part] = []
    var tools: [ToolDefinition] = []

    /// `{"messages": [...], "tools": [...]}`, as fine-tuning takes it.
    func writeOpenAI(to writer: inout JSONWriter, leftOut: inout Int) {
        var dropped = 0
        writer.object { writer in
            writer.name("messages")
            writer.array { writer in
                if !instructions.isEmpty, !messages.contains(where: \.isSystem) {
                    ChatMessage(role: "system", parts: instructions).writeOpenAI(to: &writer, leftOut: &dropped)
                }
                for message in messages where !message.isEmptied(&dropped, media: true) {
                    message.writeOpenAI(to: &writer, leftOut: &dropped)
                }
            }
            let own = tools.filter(\.isFunction)
            dropped += tools.count - own.count
            guard !own.isEmpty else { return }
            writer.name("tools")
            writer.array { writer in
                for tool in own { tool.writeOpenAI(to: &writer) }
            }
        }
        leftOut += dropped
    }

    /// `{"system": ..., "messages": [...], "tools": [...]}`, in which two roles take turns.
    func writeAnthropic(to writer: inout JSONWriter, leftOut: inout Int) {
        var dropped = 0
        let spoken = messages.filter { !$0.isSystem && !$0.isEmptied(&dropped, media: false) }
        var system = instructions
        for message in messages where message.isSystem { system += message.parts }
        let texts = system.compactMap { part in
            if case .text(let text) = part { return text }
            return nil
        }
        writer.object { writer in
            if !texts.isEmpty { writer.member("system", texts.joined(separator: "\n\n")) }
            writer.name("messages")
            writer.array { writer in
                var rest = spoken[...]
                while let first = rest.first {
                    let turn = rest.prefix { $0.anthropicRole == first.anthropicRole }
                    rest = rest.dropFirst(turn.count)
                    writer.object { writer in
                        writer.member("role", first.anthropicRole)
                        writer.name("content")
                        writer.array { writer in
                            for message in turn { message.writeAnthropicBlocks(to: &writer, leftOut: &dropped) }
                        }
                    }
                }
            }
            let own = tools.filter(\.isFunction)
            dropped += tools.count - own.count
            guard !own.isEmpty else { return }
            writer.name("tools")
            writer.array { writer in
                for tool in own { tool.writeAnthropic(to: &writer) }
            }
        }
        leftOut += dropped
    }
}

extension ChatMessage {
    /// Whether nothing of the message has a place in a form, all of which is counted then: an empty message is none.
    fileprivate func isEmptied(_ leftOut: inout Int, media: Bool) -> Bool {
        let hasPlace = parts.contains { part in
            switch part {
            case .text, .refusal, .toolCall, .toolResult: true
            case .media(let one): media || one.modality == "image"
            // With Anthropic a sealed thought has one.
            case .reasoning(let thought):
                !media && (thought.signature != nil || (thought.data != nil && thought.text == nil))
            case .other: false
            }
        }
        if parts.isEmpty || hasPlace { return false }
        leftOut += parts.count
        return true
    }
}

/// Puts the calls of a trace together to conversations: a request that goes on where one stopped belongs to it (IOP-51).
private struct Threads {
    private(set) var conversations: [ThreadOfMessages] = []
    /// What tells the messages of each conversation from others, message by message.
    private var keys: [[[String]]] = []

    init(_ events: [ReadEvent]) {
        for operation in Operation.group(events).operations where operation.kind == .inference {
            let call = Inference(operation)
            // Of several answers a conversation goes on with one.
            let answer = call.outputs.first.map { $0.parts.isEmpty ? [] : [$0] } ?? []
            add(call, answer: answer, isWhole: Self.isWhole(operation))
        }
    }

    /// Whether a request brought the whole history: the proxy's do, unless the provider keeps it.
    private static func isWhole(_ operation: Operation) -> Bool {
        guard let start = operation.starts.first, start.metadata?["stitch"] != nil else { return false }
        return start.metadata?["params"]?.something("previousResponseId") == nil
    }

    private mutating func add(_ call: Inference, answer: [ChatMessage], isWhole: Bool) {
        let agent = call.agentName
        let asked = call.inputs.map(\.key)
        // The newest conversation that the history repeats from its first message to its last.
        let goesOn = keys.lastIndex { !asked.isEmpty && asked.count >= $0.count && Self.begins(asked, with: $0) }
        if let place = goesOn {
            conversations[place].messages = call.inputs + answer
            keys[place] = asked + answer.map(\.key)
            take(call, at: place)
        } else if !isWhole, let place = conversations.lastIndex(where: { $0.agentName == agent }) {
            conversations[place].messages += call.inputs + answer
            keys[place] += asked + answer.map(\.key)
            take(call, at: place)
        } else {
            conversations.append(ThreadOfMessages(agentName: agent, messages: call.inputs + answer))
            keys.append(asked + answer.map(\.key))
            take(call, at: conversations.count - 1)
        }
    }

    private mutating func take(_ call: Inference, at place: Int) {
        if !call.instructions.isEmpty { conversations[place].instructions = call.instructions }
        if !call.tools.isEmpty { conversations[place].tools = call.tools }
    }

    private static func begins(_ messages: [[String]], with start: [[String]]) -> Bool {
        messages.prefix(start.count).elementsEqual(start)
    }
}
