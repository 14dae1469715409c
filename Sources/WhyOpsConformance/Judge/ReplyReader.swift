/// What a reply says, as a client's library reads it.
struct ReplyReader {
    struct Choice {
        var text: [UInt8]?
        var finishReason: JSON = .null
        var refusal: [UInt8]?
        var toolCalls: [Int: [String: [UInt8]]] = [:]
    }

    struct Block {
        var start: JSON
        var text: [UInt8] = []
        var signature: [UInt8]?
        var partialInput: [UInt8] = []

        var type: String? { start["type"]?.text }
    }

    var choices: [Int: Choice] = [:]
    var blocks: [Int: Block] = [:]
    var items = ResponseItems()
    var usage: JSON?
    var stopReason: JSON = .null

    /// The text of each choice, or of the blocks or parts of text together.
    func texts(_ format: String) -> [[UInt8]?] {
        switch format {
        case "chat": choices.sorted { $0.key < $1.key }.map(\.value.text)
        case "responses": items.isEmpty ? [] : [items.text]
        default: blocks.isEmpty && usage == nil ? [] : [Array(textBlocks.joined())]
        }
    }

    var textBlocks: [[UInt8]] {
        blocks.sorted { $0.key < $1.key }.map(\.value).filter { $0.type == "text" }.map(\.text)
    }

    /// A whole reply.
    init?(whole bytes: [UInt8], format: String) {
        guard let reply = JSON(bytes) else { return nil }
        usage = reply["usage"]
        switch format {
        case "chat":
            for choice in reply["choices"]?.array ?? [] {
                guard let index = choice["index"]?.integer, let message = choice["message"] else { continue }
                finish(index, choice["finish_reason"])
                take(message, into: index, pieces: false)
            }
        case "responses": items.readFinal(reply)
        default:
            stopReason = reply["stop_reason"] ?? .null
            for (index, block) in (reply["content"]?.array ?? []).enumerated() { start(block, at: index) }
        }
    }

    /// The events of a stream.
    init(events: [StreamReader.Event], format: String) {
        for event in events {
            if event.data == Array("[DONE]".utf8) { break }
            guard let data = JSON(event.data) else { continue }
            switch format {
            case "chat": readChunk(data)
            case "responses":
                items.read(data)
                if let usage = data["response"]?["usage"], !usage.isNull { self.usage = usage }
            default: readEvent(data)
            }
        }
    }
}

// MARK: Chat

extension ReplyReader {
    private mutating func readChunk(_ chunk: JSON) {
        if let usage = chunk["usage"], !usage.isNull { self.usage = usage }
        for choice in chunk["choices"]?.array ?? [] {
            guard let index = choice["index"]?.integer else { continue }
            if let delta = choice["delta"] { take(delta, into: index, pieces: true) }
            finish(index, choice["finish_reason"])
        }
    }

    private mutating func finish(_ index: Int, _ reason: JSON?) {
        if let reason, !reason.isNull { choices[index, default: Choice()].finishReason = reason }
    }

    private mutating func take(_ message: JSON, into index: Int, pieces: Bool) {
        var choice = choices[index] ?? Choice()
        if let content = message["content"]?.bytes { choice.text = WTF8.join(choice.text ?? [], content) }
        if let refusal = message["refusal"]?.bytes { choice.refusal = (choice.refusal ?? []) + refusal }
        for (number, call) in (message["tool_calls"]?.array ?? []).enumerated() {
            var known = choice.toolCalls[pieces ? call["index"]?.integer ?? number : number] ?? [:]
            let function = call["function"] ?? call["custom"]
            known["id"] = call["id"]?.bytes ?? known["id"]
            known["type"] = call["type"]?.bytes ?? known["type"]
            known["name"] = function?["name"]?.bytes ?? known["name"]
            known["arguments", default: []] += function?["arguments"]?.bytes ?? function?["input"]?.bytes ?? []
            choice.toolCalls[pieces ? call["index"]?.integer ?? number : number] = known
        }
        choices[index] = choice
    }

    /// The members of a vector's expected output that do not depend on the text.
    func facts(_ format: String) -> [String: JSON] {
        switch format {
        case "chat": chatFacts
        case "responses": items.facts(usage)
        default: messageFacts
        }
    }

    private var chatFacts: [String: JSON] {
        let ordered = choices.sorted { $0.key < $1.key }.map(\.value)
        var facts: [String: JSON] = [
            "finish_reason": .array(ordered.map(\.finishReason)),
            "refusal": .array(ordered.map { $0.refusal.map { .string($0) } ?? .null }),
            "tool_calls": .array(
                ordered.map { choice in
                    .array(
                        choice.toolCalls.sorted { $0.key < $1.key }.map { call in
                            .object(call.value.map { .init($0.key, .string($0.value)) })
                        }
                    )
                }
            ),
        ]
        facts["usage"] = usage
        return facts
    }
}

// MARK: Messages

extension ReplyReader {
    private mutating func start(_ block: JSON, at index: Int) {
        let text = block["text"]?.bytes ?? block["thinking"]?.bytes ?? []
        blocks[index] = Block(start: block, text: text, signature: block["signature"]?.bytes)
    }

    private mutating func readEvent(_ event: JSON) {
        let index = event["index"]?.integer ?? 0
        switch event["type"]?.text {
        case "message_start": usage = event["message"]?["usage"]
        case "content_block_start": start(event["content_block"] ?? .null, at: index)
        case "content_block_delta":
            let delta = event["delta"]
            let text = delta?["text"]?.bytes ?? delta?["thinking"]?.bytes ?? []
            guard var block = blocks[index] else { return }
            block.text = WTF8.join(block.text, text)
            block.signature = delta?["signature"]?.bytes ?? block.signature
            block.partialInput += delta?["partial_json"]?.bytes ?? []
            blocks[index] = block
        case "message_delta":
            if let reason = event["delta"]?["stop_reason"] { stopReason = reason }
            guard case .object(let old) = usage, case .object(let new) = event["usage"] else { return }
            usage = .object(old + new.filter { !$0.value.isNull })
        default: break
        }
    }

    private var messageFacts: [String: JSON] {
        let ordered = blocks.sorted { $0.key < $1.key }.map(\.value)
        var facts: [String: JSON] = [:]
        facts["usage"] = usage
        facts["finish_reason"] = .array([stopReason])
        facts["text_parts"] = .array(textBlocks.map { .string($0) })
        facts["block_types"] = .array(ordered.map { $0.start["type"] ?? .null })
        facts["thinking"] = .array(
            ordered.filter { $0.type == "thinking" }.map {
                .object([
                    .init("thinking", .string($0.text)),
                    .init("signature", $0.signature.map { .string($0) } ?? .null),
                ])
            }
        )
        facts["tool_calls"] = .array([
            .array(
                ordered.filter { $0.type == "tool_use" || $0.type == "server_tool_use" }.map { block in
                    .object(
                        ["id", "type", "name"].map { .init($0, block.start[$0] ?? .null) }
                            + [.init("arguments", JSON(block.partialInput) ?? block.start["input"] ?? .null)]
                    )
                }
            )
        ])
        return facts
    }
}
