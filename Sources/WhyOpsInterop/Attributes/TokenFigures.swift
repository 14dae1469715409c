import WhyOps

/// The counts of an answer, in the sum that OpenTelemetry counts by (IOP-11).
struct TokenFigures: Hashable {
    /// With the tokens that a cache had.
    var input: Int?
    var output: Int?
    var cacheRead: Int?
    var cacheWrite: Int?
    var reasoning: Int?
    /// Whether the vendor counts cached tokens beside the others, as Anthropic does.
    var isExclusive = false

    init() {}

    /// Reads an event's `usage` under the names that clients use (EVT-18).
    init(_ usage: JSONValue?) {
        guard let usage, usage.kind == .object else { return }
        let details = usage["prompt_tokens_details"] ?? usage["input_tokens_details"]
        cacheRead =
            usage.count("cacheReadTokens", "cachedTokens", "cacheRead", "cache_read_input_tokens")
            ?? details?.count("cached_tokens")
        cacheWrite =
            usage.count("cacheCreationTokens", "cacheWriteTokens", "cacheWrite", "cache_creation_input_tokens")
            ?? details?.count("cache_write_tokens")
        output = usage.count("completionTokens", "outputTokens", "completion_tokens", "output_tokens", "output")
        reasoning =
            usage.count("reasoningTokens")
            ?? (usage["completion_tokens_details"] ?? usage["output_tokens_details"])?.count("reasoning_tokens")
        let said = usage.text("cacheAccounting")
        let isAnthropic = usage["cache_read_input_tokens"] != nil || usage["cache_creation_input_tokens"] != nil
        isExclusive = said.map { $0 == "exclusive" } ?? isAnthropic
        input = usage.count("promptTokens", "inputTokens", "prompt_tokens", "input_tokens", "input")
        if isExclusive, let counted = input { input = Self.sum(counted, cacheRead, cacheWrite) }
    }

    var isEmpty: Bool { input == nil && output == nil && cacheRead == nil && cacheWrite == nil && reasoning == nil }

    var total: Int? {
        guard let input, let output else { return nil }
        return Self.sum(input, output, nil)
    }

    /// Counts come from outside: what does not fit is the largest.
    private static func sum(_ first: Int, _ second: Int?, _ third: Int?) -> Int {
        var sum = first
        for more in [second, third] {
            let (value, overflowed) = sum.addingReportingOverflow(more ?? 0)
            sum = overflowed ? Int.max : value
        }
        return sum
    }

    /// Writes `usage` as an event has it.
    func write(to writer: inout JSONWriter) {
        let cached = isExclusive ? Self.sum(cacheRead ?? 0, cacheWrite, nil) : 0
        writer.object { writer in
            writer.member("promptTokens", input.map { max(0, $0 - cached) })
            writer.member("completionTokens", output)
            writer.member("totalTokens", total)
            writer.member("cacheReadTokens", cacheRead)
            writer.member("cacheCreationTokens", cacheWrite)
            writer.member("reasoningTokens", reasoning)
            if cacheRead != nil || cacheWrite != nil {
                writer.member("cacheAccounting", isExclusive ? "exclusive" : "inclusive")
            }
        }
    }
}
