import WhyOps
import WhyOpsStore

/// What a model's tokens cost, in US dollars for a million of them.
struct Price: Sendable, Hashable {
    var model: String
    var input: Double
    var output: Double
    var cacheRead: Double
    var cacheWrite5m: Double
    var cacheWrite1h: Double
    var contextWindow: Int?

    /// What some tokens come to, each of them once (ING-61).
    func cost(of tokens: PaidTokens) -> Double {
        let sum =
            Double(tokens.input) * input + Double(tokens.output) * output + Double(tokens.cacheRead) * cacheRead
            + Double(tokens.cacheWrite5m) * cacheWrite5m + Double(tokens.cacheWrite1h) * cacheWrite1h
        return sum / 1_000_000
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("model", model)
            writer.member("inputTokenPricePerMillionToken", input)
            writer.member("outputTokenPricePerMillionToken", output)
            writer.member("cacheReadTokenPricePerMillionToken", cacheRead)
            writer.member("cacheWrite5mTokenPricePerMillionToken", cacheWrite5m)
            writer.member("cacheWrite1hTokenPricePerMillionToken", cacheWrite1h)
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

    init() {}

    /// The tokens of a group of calls of one model that count cached tokens alike.
    init(_ row: UsageRow) {
        let facts = row.facts
        output = facts.completionTokens ?? 0
        cacheRead = facts.cacheReadTokens ?? 0
        cacheWrite1h = facts.cacheWrite1hTokens ?? 0
        // The sum over calls; what it exceeds the lifetimes by is paid as the shorter one.
        cacheWrite5m = max((facts.cacheWriteTokens ?? 0) - cacheWrite1h, facts.cacheWrite5mTokens ?? 0)
        let prompt = facts.promptTokens ?? 0
        let cached = cacheRead + cacheWrite5m + cacheWrite1h
        input = Self.includesCached(row) && prompt >= cached ? prompt - cached : prompt
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
