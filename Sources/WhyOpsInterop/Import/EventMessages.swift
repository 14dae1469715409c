import WhyOps

/// The messages in events of a span, where programs put them that do not write them into attributes (IOP-52, IOP-53).
struct EventMessages {
    private(set) var inputs: [ChatMessage] = []
    private(set) var outputs: [ChatMessage] = []
    /// What a tool was called with; its result is the first output's.
    private(set) var arguments: String?
    /// An answer in a form of its own.
    private var given: String?

    /// The attributes of the event that has all messages of a call in the form of today.
    static func details(_ events: [OTLPSpan.Event]) -> [Attribute] {
        events.filter { $0.name == "gen_ai.client.inference.operation.details" }.flatMap(\.attributes)
    }

    init(_ events: [OTLPSpan.Event]) {
        var choices: [(place: Int, message: ChatMessage)] = []
        var prompts: [ChatMessage] = []
        var completions: [ChatMessage] = []
        for event in events {
            let attributes = event.attributes
            switch event.name {
            case "gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message":
                let body = Self.body(attributes)
                let role = String(event.name.dropFirst("gen_ai.".count).dropLast(".message".count))
                if role == "tool" { arguments = arguments ?? body?.something("content")?.anyText }
                if let message = Self.message(body, role: role), !message.parts.isEmpty { inputs.append(message) }
            case "gen_ai.choice":
                let body = Self.body(attributes)
                given = given ?? body?.something("message")?.anyText
                guard var message = Self.choice(body) else { continue }
                message.finishReason = body?.text("finish_reason")
                guard !message.parts.isEmpty || message.finishReason != nil else { continue }
                choices.append((body?["index"]?.integer ?? choices.count, message))
            case "gen_ai.content.prompt":
                prompts += Self.messages(
                    attributes.text("gen_ai.prompt", "gen_ai.event.content", "content"),
                    role: "user"
                )
            case "gen_ai.content.completion":
                let text = attributes.text("gen_ai.completion", "gen_ai.event.content", "content")
                completions += Self.messages(text, role: "assistant")
            default: break
            }
        }
        if inputs.isEmpty { inputs = prompts }
        let order = choices.indices.sorted { (choices[$0].place, $0) < (choices[$1].place, $1) }
        outputs = choices.isEmpty ? completions : order.map { choices[$0].message }
        let details = Self.details(events)
        let called = ChatMessage.genAIMessages(JSONDocument.value(details["gen_ai.input.messages"]?.text))
        arguments = arguments ?? called.first?.toolCalls.first?.arguments
        if outputs.isEmpty {
            outputs = ChatMessage.genAIMessages(JSONDocument.value(details["gen_ai.output.messages"]?.text))
        }
    }

    /// What a tool gave.
    var result: String? {
        outputs.first.flatMap { $0.toolResults.first?.output ?? $0.text ?? $0.parts.first?.otherText } ?? given
    }

    // MARK: One event

    /// The members of a message: in one attribute as JSON, or each in one of its own.
    private static func body(_ attributes: [Attribute]) -> JSONValue? {
        if let text = attributes.text("gen_ai.event.content") {
            if let value = JSONDocument.value(text), value.kind == .object { return value }
            return JSONDocument.value(JSONWriter.text { writer in writer.object { $0.content(text) } })
        }
        return JSONDocument.value(
            JSONWriter.text { writer in
                writer.object { writer in
                    for name in ["role", "id", "tool_call_id", "name", "finish_reason"] {
                        writer.member(name, attributes.text(name))
                    }
                    writer.member("index", attributes.count("index"))
                    writer.content(attributes.text("content", "message.content"))
                    for name in ["message", "tool_calls"] {
                        guard let text = attributes.text(name) else { continue }
                        writer.name(name)
                        writer.structure(text)
                    }
                }
            }
        )
    }

    private static func message(_ body: JSONValue?, role: String, calls: JSONValue? = nil) -> ChatMessage? {
        guard let body else { return nil }
        let text = JSONWriter.text { writer in
            writer.object { writer in
                writer.member("role", body.text("role") ?? role)
                writer.member("name", body.text("name"))
                writer.member("tool_call_id", body.text("tool_call_id", "id"))
                writer.member("content", raw: body.something("content")?.slice)
                writer.member("tool_calls", raw: (body.something("tool_calls") ?? calls)?.slice)
            }
        }
        return ChatMessage.messages(of: JSONDocument.value(text)).first
    }

    /// An answer, which is under `message`, or as other messages are.
    private static func choice(_ body: JSONValue?) -> ChatMessage? {
        guard let said = body?.something("message"), said.kind != .object else {
            return message(body?["message"] ?? body, role: "assistant", calls: body?["tool_calls"])
        }
        // A text, or the parts of one.
        let text = JSONWriter.text { writer in writer.object { $0.content(said.anyText) } }
        return message(JSONDocument.value(text), role: "assistant", calls: body?["tool_calls"])
    }

    /// Messages in a form of their own, else a text.
    private static func messages(_ text: String?, role: String) -> [ChatMessage] {
        guard let text else { return [] }
        let read = ChatMessage.genAIMessages(JSONDocument.value(text))
        return read.isEmpty ? [ChatMessage(role: role, parts: [.text(text)])] : read
    }
}

extension JSONWriter {
    /// Writes a text as `content`: where it is a list of parts as these.
    fileprivate mutating func content(_ text: String?) {
        guard let text else { return }
        name("content")
        if let value = JSONDocument.value(text), value.kind == .array, !value.children.isEmpty,
            value.children.allSatisfy(\.isPart)
        {
            raw(value.slice)
        } else {
            string(text)
        }
    }
}

extension JSONValue {
    /// Whether it is a part of a message: with a type, or as Amazon Bedrock has it, whose members name what they are.
    fileprivate var isPart: Bool {
        guard kind == .object else { return false }
        return self["type"]?.string != nil || self["text"]?.string != nil
            || something("toolUse", "toolResult", "reasoningContent", "image", "document", "json") != nil
    }
}

extension ChatMessage.Part {
    /// What no form knows, as the text that it came as.
    fileprivate var otherText: String? {
        if case .other(let raw) = self { return String(decoding: raw, as: UTF8.self) }
        return nil
    }
}
