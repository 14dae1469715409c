/// Token counts under the names of events (EXC-54, `contract` names of the original).
public struct TokenUsage: Sendable, Hashable {
    /// Whether `promptTokens` includes tokens read from or written to a cache.
    public enum CacheAccounting: String, Sendable { case inclusive, exclusive }

    package internal(set) var prompt: Int?
    package internal(set) var completion: Int?
    package internal(set) var total: Int?
    package internal(set) var cacheRead: Int?
    package internal(set) var cacheCreation: Int?
    var cacheWrite5m: Int?
    var cacheWrite1h: Int?
    package internal(set) var reasoning: Int?
    package internal(set) var audioPrompt: Int?
    package internal(set) var audioCompletion: Int?
    package internal(set) var webSearches: Int?
    package internal(set) var webFetches: Int?
    /// How the provider served the request, as it names that.
    package internal(set) var serviceTier: [UInt8]?
    var accounting = CacheAccounting.inclusive

    /// Whether nothing was counted.
    public var isEmpty: Bool { prompt == nil && completion == nil && total == nil }

    /// The usage of a chat completion.
    mutating func readChat(_ usage: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard tape.kind(usage) == .object else { return }
        func count(_ name: StaticString, of object: JSONTape.Index? = nil) -> Int? {
            tape.member(name, of: object ?? usage, in: bytes).flatMap { tape.integer($0, in: bytes) }
        }
        func positive(_ name: StaticString, of object: JSONTape.Index) -> Int? {
            count(name, of: object).flatMap { $0 > 0 ? $0 : nil }
        }
        prompt = count("prompt_tokens") ?? prompt
        completion = count("completion_tokens") ?? completion
        total = count("total_tokens") ?? total
        if let details = tape.member("prompt_tokens_details", of: usage, in: bytes) {
            cacheRead = positive("cached_tokens", of: details)
            cacheCreation = positive("cache_write_tokens", of: details)
            audioPrompt = positive("audio_tokens", of: details)
        }
        if let details = tape.member("completion_tokens_details", of: usage, in: bytes) {
            reasoning = positive("reasoning_tokens", of: details)
            audioCompletion = positive("audio_tokens", of: details)
        }
        accounting = .inclusive
        readServiceTier(of: tape.root, tape, bytes)
    }

    /// The usage of a Responses reply, which is a member of its response object.
    mutating func readResponse(
        _ usage: JSONTape.Index,
        of response: JSONTape.Index,
        _ tape: JSONTape,
        _ bytes: Span<UInt8>
    ) {
        guard tape.kind(usage) == .object else { return }
        func count(_ name: StaticString, of object: JSONTape.Index? = nil) -> Int? {
            tape.member(name, of: object ?? usage, in: bytes).flatMap { tape.integer($0, in: bytes) }
        }
        func positive(_ name: StaticString, of object: JSONTape.Index) -> Int? {
            count(name, of: object).flatMap { $0 > 0 ? $0 : nil }
        }
        prompt = count("input_tokens") ?? prompt
        completion = count("output_tokens") ?? completion
        total = count("total_tokens") ?? total
        if let details = tape.member("input_tokens_details", of: usage, in: bytes) {
            cacheRead = positive("cached_tokens", of: details)
            cacheCreation = positive("cache_write_tokens", of: details)
            audioPrompt = positive("audio_tokens", of: details)
        }
        if let details = tape.member("output_tokens_details", of: usage, in: bytes) {
            reasoning = positive("reasoning_tokens", of: details)
            audioCompletion = positive("audio_tokens", of: details)
        }
        accounting = .inclusive
        readServiceTier(of: response, tape, bytes)
    }

    /// The usage of an Anthropic message; later ones of a stream replace what they name.
    mutating func readMessages(_ usage: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard tape.kind(usage) == .object else { return }
        func count(_ name: StaticString, of object: JSONTape.Index? = nil) -> Int? {
            tape.member(name, of: object ?? usage, in: bytes).flatMap { tape.integer($0, in: bytes) }
        }
        func positive(_ name: StaticString, of object: JSONTape.Index? = nil) -> Int? {
            count(name, of: object).flatMap { $0 > 0 ? $0 : nil }
        }
        prompt = count("input_tokens") ?? prompt
        completion = count("output_tokens") ?? completion
        cacheRead = positive("cache_read_input_tokens") ?? cacheRead
        cacheCreation = positive("cache_creation_input_tokens") ?? cacheCreation
        if let creation = tape.member("cache_creation", of: usage, in: bytes) {
            cacheWrite5m = positive("ephemeral_5m_input_tokens", of: creation) ?? cacheWrite5m
            cacheWrite1h = positive("ephemeral_1h_input_tokens", of: creation) ?? cacheWrite1h
        }
        if let details = tape.member("output_tokens_details", of: usage, in: bytes) {
            reasoning = positive("thinking_tokens", of: details) ?? reasoning
        }
        if let uses = tape.member("server_tool_use", of: usage, in: bytes) {
            webSearches = positive("web_search_requests", of: uses) ?? webSearches
            webFetches = positive("web_fetch_requests", of: uses) ?? webFetches
        }
        readServiceTier(of: usage, tape, bytes)
        accounting = .exclusive
        total = (prompt ?? 0).adding(completion).adding(cacheRead).adding(cacheCreation)
    }

    /// What the provider says beside the counts, in the object that has them or in the one around it (EXC-86).
    private mutating func readServiceTier(of object: JSONTape.Index, _ tape: JSONTape, _ bytes: Span<UInt8>) {
        guard let tier = tape.member("service_tier", of: object, in: bytes), let text = tape.utf8(tier, in: bytes)
        else {
            return
        }
        serviceTier = text
    }

    /// Writes the counts as an object.
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("promptTokens", prompt)
            $0.member("completionTokens", completion)
            $0.member("totalTokens", total)
            $0.member("cacheReadTokens", cacheRead)
            $0.member("cacheCreationTokens", cacheCreation)
            $0.member("cacheWrite5mTokens", cacheWrite5m)
            $0.member("cacheWrite1hTokens", cacheWrite1h)
            $0.member("reasoningTokens", reasoning)
            $0.member("audioPromptTokens", audioPrompt)
            $0.member("audioCompletionTokens", audioCompletion)
            $0.member("webSearchRequests", webSearches)
            $0.member("webFetchRequests", webFetches)
            if let serviceTier {
                $0.name("serviceTier")
                $0.string(utf8: serviceTier)
            }
            $0.member("cacheAccounting", accounting.rawValue)
        }
    }
}

extension Int {
    /// The sum, or the largest number where it does not fit: counts come from outside.
    fileprivate func adding(_ other: Int?) -> Int {
        let (sum, overflowed) = addingReportingOverflow(other ?? 0)
        return overflowed ? Int.max : sum
    }
}
