extension PriceTable {
    /// The vendors' list prices for requests of the standard kind, as their pages below had them on this day. They change, and
    /// batches, priorities and regions cost otherwise: an operator's table comes first. A model whose prices those pages did
    /// not tell whole is left out, since no price is better than a wrong one.
    ///
    /// - platform.claude.com/docs/en/about-claude/pricing and the pages of the models beside it
    /// - developers.openai.com/api/docs/pricing and the pages of the models beside it
    package static let standardDate = "2026-11-21"

    package static let standard: PriceTable = {
        var prices = anthropicTiers
        prices += anthropic.map { model, input, output, read, window in
            Price(model: model, rates: rates(input, output, read: read), contextWindow: window)
        }
        prices += openAI.map { model, input, read, output, write in
            Price(
                model: model,
                rates: rates(input, read, output, write),
                longPrompt: Price.LongPrompt(
                    above: 272_000,
                    // To a millionth of a dollar, so that no product shows how it was worked out.
                    rates: rates(input * 2, read * 2, (output * 1_500_000).rounded() / 1_000_000, write)
                ),
                contextWindow: 1_050_000
            )
        }
        prices += earlierOpenAI.map { model, input, read, output, window in
            Price(model: model, rates: rates(input, read, output, 1), contextWindow: window)
        }
        return PriceTable(prices)
    }()

    /// Input, output, and what reading from the cache costs. To write to it costs 1.25 times the input for five minutes and
    /// twice the input for an hour.
    private static func rates(_ input: Double, _ output: Double, read: Double) -> Price.Rates {
        Price.Rates(
            input: input,
            output: output,
            cacheRead: read,
            cacheWrite5m: input * 1.25,
            cacheWrite1h: input * 2
        )
    }

    /// What a write to the cache costs is `write` times the input, however long it is kept.
    private static func rates(_ input: Double, _ read: Double, _ output: Double, _ write: Double) -> Price.Rates {
        Price.Rates(
            input: input,
            output: output,
            cacheRead: read,
            cacheWrite5m: input * write,
            cacheWrite1h: input * write
        )
    }

    /// Input, output, cache reads, context window.
    private static let anthropic: [(String, Double, Double, Double, Int)] = [
        ("claude-fable-5-1", 10, 50, 0.25, 1_000_000),
        ("claude-mythos-5-1", 10, 50, 0.25, 1_000_000),
        ("claude-fable-5", 10, 50, 1, 1_000_000),
        ("claude-mythos-5", 10, 50, 1, 1_000_000),
        ("claude-opus-5-5", 4, 20, 0.2, 1_000_000),
        ("claude-opus-5", 5, 25, 0.5, 1_000_000),
        ("claude-opus-4-8", 5, 25, 0.5, 1_000_000),
        ("claude-opus-4-7", 5, 25, 0.5, 1_000_000),
        ("claude-opus-4-6", 5, 25, 0.5, 1_000_000),
        ("claude-opus-4-5", 5, 25, 0.5, 200_000),
        ("claude-opus-4-1", 15, 75, 1.5, 200_000),
        ("claude-opus-4-0", 15, 75, 1.5, 200_000),
        ("claude-opus-4", 15, 75, 1.5, 200_000),
        ("claude-sonnet-5-5", 2, 10, 0.1, 1_000_000),
        ("claude-sonnet-5", 2, 10, 0.2, 1_000_000),
        ("claude-sonnet-4-6", 3, 15, 0.3, 1_000_000),
        ("claude-sonnet-4-5", 3, 15, 0.3, 200_000),
        ("claude-sonnet-4-0", 3, 15, 0.3, 200_000),
        ("claude-sonnet-4", 3, 15, 0.3, 200_000),
        ("claude-3-7-sonnet", 3, 15, 0.3, 200_000),
        ("claude-3-5-sonnet", 3, 15, 0.3, 200_000),
        ("claude-haiku-4-5", 1, 5, 0.1, 200_000),
        ("claude-3-5-haiku", 0.8, 4, 0.08, 200_000),
        ("claude-3-opus", 15, 75, 1.5, 200_000),
    ]

    private static let anthropicTiers: [Price] = [
        Price(
            model: "claude-haiku-5-5",
            rates: rates(0.1, 0.5, read: 0.01),
            longPrompt: Price.LongPrompt(above: 100_000, rates: rates(0.5, 2.5, read: 0.05)),
            contextWindow: 1_000_000
        ),
        Price(
            model: "claude-3-haiku",
            rates: Price.Rates(input: 0.25, output: 1.25, cacheRead: 0.03, cacheWrite5m: 0.3, cacheWrite1h: 0.5),
            contextWindow: 200_000
        ),
    ]

    /// Input, cached input, output, and how many times the input a write to the cache costs: models for which a prompt of more
    /// than 272 000 tokens costs twice as much for the input and 1.5 times as much for the output.
    private static let openAI: [(String, Double, Double, Double, Double)] = [
        ("gpt-6-astra", 10, 1, 50, 1.25),
        ("gpt-6.1-sol", 2, 0.1, 10, 1.25),
        ("gpt-6-sol", 2, 0.2, 10, 1.25),
        ("gpt-6-luna", 0.1, 0.01, 0.5, 1.25),
        ("gpt-5.6", 4, 0.4, 20, 1.25),
        ("gpt-5.6-sol", 4, 0.4, 20, 1.25),
        ("gpt-5.6-terra", 2, 0.2, 12, 1.25),
        ("gpt-5.6-luna", 0.2, 0.02, 1.2, 1.25),
        ("gpt-5.5", 5, 0.5, 30, 1),
        ("gpt-5.4", 2.5, 0.25, 15, 1),
    ]

    /// Input, cached input, output; to write to the cache costs what other input costs.
    private static let earlierOpenAI: [(String, Double, Double, Double, Int)] = [
        ("gpt-5.4-mini", 0.75, 0.075, 4.5, 400_000),
        ("gpt-5.4-nano", 0.2, 0.02, 1.25, 400_000),
        ("gpt-5.2", 1.75, 0.175, 14, 400_000),
        ("gpt-5.1", 1.25, 0.125, 10, 400_000),
        ("gpt-5", 1.25, 0.125, 10, 400_000),
        ("gpt-5-codex", 1.25, 0.125, 10, 400_000),
        ("gpt-5-mini", 0.25, 0.025, 2, 400_000),
        ("gpt-5-nano", 0.05, 0.005, 0.4, 400_000),
        ("gpt-4.1", 2, 0.5, 8, 1_047_576),
        ("gpt-4.1-mini", 0.4, 0.1, 1.6, 1_047_576),
        ("gpt-4.1-nano", 0.1, 0.025, 0.4, 1_047_576),
        ("gpt-4o", 2.5, 1.25, 10, 128_000),
        // The one day of this model that costs otherwise.
        ("gpt-4o-2024-05-13", 5, 5, 15, 128_000),
        ("gpt-4o-mini", 0.15, 0.075, 0.6, 128_000),
        ("o1", 15, 7.5, 60, 200_000),
        ("o3", 2, 0.5, 8, 200_000),
        ("o3-mini", 1.1, 0.55, 4.4, 200_000),
        ("o4-mini", 1.1, 0.275, 4.4, 200_000),
        ("text-embedding-3-small", 0.02, 0.02, 0, 8_191),
        ("text-embedding-3-large", 0.13, 0.13, 0, 8_191),
        ("text-embedding-ada-002", 0.1, 0.1, 0, 8_191),
    ]
}
