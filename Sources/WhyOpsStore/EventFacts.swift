package import WhyOps

/// The figures that an event's metadata and content hold, under the names that clients use for them (EVT-18).
package struct EventFacts: Sendable, Hashable {
    package var model: String?
    package var promptTokens: Int?
    package var completionTokens: Int?
    package var totalTokens: Int?
    package var cacheReadTokens: Int?
    package var cacheWriteTokens: Int?
    package var cacheWrite5mTokens: Int?
    package var cacheWrite1hTokens: Int?
    package var latencyMs: Int?
    package var finishReason: String?
    package var provider: String?
    /// Whether cached tokens are among those of the prompt, as the event says it (ING-61).
    package var cacheAccounting: TokenUsage.CacheAccounting?

    /// What the proxy says of the event's place in its trace; `nil` for other events (TRC-44).
    package var place: ExchangePlace?

    package init() {}

    /// Reads what is there; a figure of another type counts as absent, since it must not cost the event.
    package init(_ event: Event) {
        if let bytes = event.metadata, let metadata = try? JSONDocument(bytes).root {
            model = ListedName.of(metadata["model"]?.string)
            provider = ListedName.of(metadata["provider"]?.string)
            latencyMs = metadata["latencyMs"]?.figure
            place = metadata["stitch"].flatMap { ExchangePlace($0) }
            if let usage = metadata["usage"] {
                promptTokens = usage.figure(["promptTokens", "inputTokens", "prompt_tokens", "input_tokens", "input"])
                completionTokens = usage.figure([
                    "completionTokens", "outputTokens", "completion_tokens", "output_tokens", "output",
                ])
                totalTokens = usage.figure(["totalTokens", "total_tokens", "total"])
                let details = usage["prompt_tokens_details"] ?? usage["input_tokens_details"]
                let creation = usage["cache_creation"]
                cacheReadTokens =
                    usage.figure(["cacheReadTokens", "cachedTokens", "cacheRead", "cache_read_input_tokens"])
                    ?? details?.figure(["cached_tokens"])
                cacheWriteTokens =
                    usage.figure([
                        "cacheCreationTokens", "cacheWriteTokens", "cacheWrite", "cache_creation_input_tokens",
                    ]) ?? details?.figure(["cache_write_tokens"])
                cacheWrite5mTokens =
                    usage.figure(["cacheWrite5mTokens"]) ?? creation?.figure(["ephemeral_5m_input_tokens"])
                cacheWrite1hTokens =
                    usage.figure(["cacheWrite1hTokens"]) ?? creation?.figure(["ephemeral_1h_input_tokens"])
                cacheAccounting = Self.accounting(usage, details)
                if totalTokens == nil, let promptTokens, let completionTokens {
                    totalTokens = promptTokens + completionTokens
                }
            }
        }
        if event.eventType == .llmResponse, let bytes = event.content, let content = try? JSONDocument(bytes).root {
            finishReason = ListedName.of(content["finishReason"]?.string)
        }
    }

    /// The event's own word, else what the names tell that its vendor uses.
    private static func accounting(_ usage: JSONValue, _ details: JSONValue?) -> TokenUsage.CacheAccounting? {
        if let word = usage["cacheAccounting"]?.string, let said = TokenUsage.CacheAccounting(rawValue: word) {
            return said
        }
        if usage["cache_read_input_tokens"] != nil || usage["cache_creation_input_tokens"] != nil { return .exclusive }
        return details?.kind == .object ? .inclusive : nil
    }
}

extension JSONValue {
    /// A count or a duration: a number of at most 2^31, rounded down.
    fileprivate var figure: Int? {
        guard kind == .number else { return nil }
        if let integer { return (0...Int(Int32.max)).contains(integer) ? integer : nil }
        guard let value = Double(String(decoding: slice, as: UTF8.self)), value >= 0, value <= Double(Int32.max) else {
            return nil
        }
        return Int(value)
    }

    /// The figure of the first of some members that has one.
    fileprivate func figure(_ names: [StaticString]) -> Int? {
        for name in names {
            if let figure = self[name]?.figure { return figure }
        }
        return nil
    }
}
