// The turns of a Responses request.

extension AssistantTurn {
    /// The turns of `input`, newest first, and before them the reply that `previous_response_id` or the conversation
    /// that `conversation` names (TRC-11, TRC-14, TRC-30).
    static func responses(_ root: JSONValue, _ input: JSONValue?, _ scan: RequestScan) -> [AssistantTurn] {
        var turns: [AssistantTurn] = []
        var open: AssistantTurn?
        for item in input?.children ?? [] where item.kind == .object {
            guard !endsTurn(item) else {
                if let turn = open { turns.append(turn) }
                open = nil
                continue
            }
            var turn = open ?? AssistantTurn()
            turn.readItem(item, scan)
            open = turn
        }
        if let turn = open { turns.append(turn) }
        var previous = AssistantTurn()
        // TRC-30
        if let conversation = root["conversation"] {
            previous.readEcho(.conversation, conversation.kind == .object ? conversation["id"] : conversation)
        }
        previous.readEcho(.response, root["previous_response_id"])
        if !previous.echoes.isEmpty { turns.append(previous) }
        return turns.reversed()
    }

    /// Whether an item was made by someone else than the model.
    private static func endsTurn(_ item: JSONValue) -> Bool {
        if let role = item["role"], role.kind == .string { return !role.isString("assistant") }
        guard let type = item["type"]?.string?.utf8 else { return false }
        return type.hasSuffix("_output") || type.hasSuffix("_response")
    }

    /// TRC-12, TRC-13.
    private mutating func readItem(_ item: JSONValue, _ scan: RequestScan) {
        readEcho(.toolCall, item["call_id"])
        readEcho(.message, item["id"])
        if item["type"]?.isString("reasoning") == true { readEcho(.thinking, item["encrypted_content"]) }
        if item["type"]?.isString("function_call") == true { readArguments(item["arguments"], scan) }
        if item["role"]?.isString("assistant") == true, let content = item["content"] {
            readText(content, scan, parts: ["output_text", "input_text", "text"])
        }
    }
}

extension BidirectionalCollection where Element == UInt8 {
    /// Whether the text ends with this ASCII text.
    func hasSuffix(_ end: StaticString) -> Bool {
        guard count >= end.utf8CodeUnitCount else { return false }
        return end.withUTF8Buffer { unsafe suffix($0.count).elementsEqual($0) }
    }
}
