import WhyOps
import WhyOpsStore

/// What a model's tokens cost.
struct Price: Sendable, Hashable {
    var model: String
    var rates: Rates
    /// What every token of a call costs whose prompt is longer than the model's usual price covers.
    var longPrompt: LongPrompt?
    var contextWindow: Int?

    /// US dollars for a million tokens.
    struct Rates: Sendable, Hashable {
        var input: Double
        var output: Double
        var cacheRead: Double
        var cacheWrite5m: Double
        var cacheWrite1h: Double

        /// What some tokens come to, each of them once (ING-61).
        func cost(of tokens: PaidTokens) -> Double {
            let sum =
                Double(tokens.input) * input + Double(tokens.output) * output + Double(tokens.cacheRead) * cacheRead
                + Double(tokens.cacheWrite5m) * cacheWrite5m + Double(tokens.cacheWrite1h) * cacheWrite1h
            return sum / 1_000_000
        }

        func writeMembers(to writer: inout JSONWriter) {
            writer.member("inputTokenPricePerMillionToken", input)
            writer.member("outputTokenPricePerMillionToken", output)
            writer.member("cacheReadTokenPricePerMillionToken", cacheRead)
            writer.member("cacheWrite5mTokenPricePerMillionToken", cacheWrite5m)
            writer.member("cacheWrite1hTokenPricePerMillionToken", cacheWrite1h)
        }
    }

    /// Another price for long prompts (ING-93).
    struct LongPrompt: Sendable, Hashable {
        /// Tokens of the whole prompt, cached ones included.
        var above: Int
        var rates: Rates
    }

    /// What the tokens of some calls come to.
    func cost(of tokens: PaidTokens) -> Double {
        if let longPrompt, tokens.promptLength >= longPrompt.above { return longPrompt.rates.cost(of: tokens) }
        return rates.cost(of: tokens)
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("model", model)
            rates.writeMembers(to: &writer)
            if let longPrompt {
                writer.name("longPrompt")
                writer.object { writer in
                    writer.member("aboveTokens", longPrompt.above)
                    longPrompt.rates.writeMembers(to: &writer)
                }
            }
            writer.nullable("contextWindow", contextWindow)
        }
    }
}

/// Tokens by what is paid for them; none is counted twice.
struct PaidTokens: Sendable, Hashable {
    /// Without those read from or written to a cache.
    var input = 0
    var output = 0
    var cacheRead = 0
    /// Writes of unknown lifetime included.
    var cacheWrite5m = 0
    var cacheWrite1h = 0
    /// The greatest of the table's limits that the prompts exceed; 0 for none.
    var promptLength = 0

    init() {}

    /// The tokens of a group of calls of one model that count cached tokens alike.
    init(_ row: UsageRow) {
        let facts = row.facts
        output = facts.completionTokens ?? 0
        cacheRead = facts.cacheReadTokens ?? 0
        cacheWrite1h = facts.cacheWrite1hTokens ?? 0
        // What a call's writes exceed the lifetimes by is paid as the shorter one.
        cacheWrite5m = row.shortCacheWrites
        let prompts = Self.includesCached(row) ? row.inclusive : row.exclusive
        input = prompts.uncached
        promptLength = prompts.length
    }

    /// ING-61: the event's own word, else the habit of the model's vendor.
    private static func includesCached(_ row: UsageRow) -> Bool {
        switch row.accounting {
        case "inclusive": true
        case "exclusive": false
        default:
            !(row.model ?? "").lowercased().contains("claude")
                && !(row.provider ?? "").lowercased().contains("anthropic")
        }
    }
}
