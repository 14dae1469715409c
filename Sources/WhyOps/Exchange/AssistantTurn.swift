/// What one assistant turn of a history says about its trace (TRC-4, TRC-5).
public struct AssistantTurn: Sendable, Hashable {
    /// Ids that a reply of ours may have carried, oldest first.
    public var echoes: [EchoID] = []
    /// The id of the last version 2 signature in its text that verifies.
    public var verified: TraceID?
    /// The id of the last version 1 signature in its text.
    public var signature: TraceID?
    /// The id of `_whyops_trace_id` in the arguments of its last tool call that has one.
    public var toolArgument: TraceID?

    /// The turns of a history, newest first.
    static func turns(
        of root: JSONValue,
        history: JSONValue?,
        format: ExchangeFormat,
        scan: RequestScan
    ) -> [AssistantTurn] {
        if format == .responses { return responses(root, history, scan) }
        var turns: [AssistantTurn] = []
        guard let history else { return [] }
        let tape = history.document.tape
        let bytes = history.document.bytes.span
        for message in tape.children(history.index) {
            guard let role = tape.member("role", of: message, in: bytes), tape.isString(role, "assistant", in: bytes)
            else { continue }
            let message = JSONValue(document: history.document, index: message)
            turns.append(format == .chat ? chat(message, scan) : anthropic(message, scan))
        }
        if format == .messages, let id = previousMessage(root.index, tape, bytes) {
            var previous = AssistantTurn()
            previous.readEcho(.response, JSONValue(document: history.document, index: id))
            if !previous.echoes.isEmpty { turns.append(previous) }
        }
        turns.reverse()
        return turns
    }

    /// What names the reply that an Anthropic request goes on from, where the provider keeps what was said before it
    /// (TRC-46); `nil` where nothing or null does.
    static func previousMessage(_ root: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) -> JSONTape.Index? {
        guard let thread = tape.member("thread", of: root, in: bytes), tape.kind(thread) == .object,
            let id = tape.member("previous_message_id", of: thread, in: bytes), tape.kind(id) != .null
        else { return nil }
        return id
    }

    private static func chat(_ message: JSONValue, _ scan: RequestScan) -> AssistantTurn {
        var turn = AssistantTurn()
        if let content = message["content"] { turn.readText(content, scan) }
        for call in message["tool_calls"]?.listed ?? [] {
            turn.readEcho(.toolCall, call["id"])
            turn.readArguments(call["function"]?["arguments"], scan)
        }
        turn.readArguments(message["function_call"]?["arguments"], scan)
        return turn
    }

    private static func anthropic(_ message: JSONValue, _ scan: RequestScan) -> AssistantTurn {
        var turn = AssistantTurn()
        guard let content = message["content"] else { return turn }
        turn.readText(content, scan)
        for block in content.items where content.kind == .array {
            guard let type = block["type"] else { continue }
            if type.isString("tool_use") || type.isString("server_tool_use") || type.isString("mcp_tool_use") {
                turn.readEcho(.toolCall, block["id"])
                turn.readArguments(block["input"], scan)
            } else if type.isString("thinking") {
                turn.readEcho(.thinking, block["signature"])
            } else if type.isString("redacted_thinking") {
                turn.readEcho(.thinking, block["data"])
            }
        }
        return turn
    }

    /// Text is a string, or parts of certain types.
    mutating func readText(_ content: JSONValue, _ scan: RequestScan, parts types: [StaticString] = ["text"]) {
        readString(content, scan)
        guard content.kind == .array else { return }
        for part in content.items where types.contains(where: { part["type"]?.isString($0) == true }) {
            if let text = part["text"] { readString(text, scan) }
        }
    }

    private mutating func readString(_ text: JSONValue, _ scan: RequestScan) {
        if let id = scan.signatures[text.index] { signature = id }
        if let id = scan.verified[text.index] { verified = id }
    }

    mutating func readEcho(_ kind: EchoID.Kind, _ value: JSONValue?) {
        if let text = value?.string, let id = EchoID(kind, text) { echoes.append(id) }
    }

    mutating func readArguments(_ arguments: JSONValue?, _ scan: RequestScan) {
        if let arguments, let id = scan.toolArguments[arguments.index] { toolArgument = id }
    }
}

/// An id that a provider makes and every client sends back unchanged.
public struct EchoID: Hashable, Sendable {
    /// Where the id stands.
    public enum Kind: String, Sendable {
        case toolCall = "tool_call"
        case thinking
        /// An item of a Responses reply.
        case message
        /// A Responses reply or an Anthropic message.
        case response
        /// A conversation that the provider keeps (Responses).
        case conversation
        /// What was said so far (TRC-38); no reply carries it.
        case lineage
    }

    /// Where the id stands.
    public let kind: Kind
    /// The id; only the last 128 bytes of a longer one, which are as unguessable as the whole.
    public let text: String

    /// The longest id that is kept whole.
    private static let maximumLength = 128

    /// Accepts any text but an empty one.
    public init?(_ kind: Kind, _ text: String) {
        guard !text.isEmpty else { return nil }
        self.kind = kind
        self.text =
            text.utf8.count <= Self.maximumLength
            ? text : String(decoding: Array(text.utf8.suffix(Self.maximumLength)), as: UTF8.self)
    }
}
