extension EventSummary {
    /// Whether the calls of an event of this type count (FND-3): only then its content has to be read.
    public static func readsContent(of type: EventType) -> Bool {
        type == .llmResponse || type == .toolCallRequest || type == .toolCall
    }

    /// Takes from a content how many tools it calls, which one, and how a reply ended.
    ///
    /// - Complexity: O(n) in the length of the content.
    public mutating func read(content: JSONValue?) {
        guard Self.readsContent(of: eventType) else { return }
        let calls: [EventView.ToolCall]
        switch EventView(eventType, content: content) {
        case .llmResponse(let reply):
            calls = reply.toolCalls
            ending = Ending(finishReason: reply.finishReason)
            tool = calls.count == 1 ? calls.first?.name : nil
        case .toolCallRequest(let request): calls = request.toolCalls
        case .toolCall(let run): calls = run.toolCalls
        default: return
        }
        callCount = calls.count
        call = calls.count == 1 ? calls.first?.digest : nil
    }
}

extension EventView.ToolCall {
    /// What is the same for calls of one tool with equal arguments (FND-5).
    ///
    /// - Complexity: O(n log n) in the length of the arguments.
    public var digest: [UInt8] {
        var hash = SHA256()
        hash.update(Array((name ?? "").utf8))
        hash.update([0])
        let arguments = Array((arguments ?? "").utf8)
        hash.update((try? CanonicalJSON(arguments).bytes) ?? arguments)
        return hash.finish()
    }
}
