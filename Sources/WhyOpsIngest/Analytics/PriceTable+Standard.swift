extension PriceTable {
    /// The vendors' list prices as they were published by the day below. They change: an operator's table comes first.
    package static let standardDate = "2025-11-01"

    package static let standard = PriceTable(
        openAI.map { model, input, cached, output, window in
            Price(
                model: model,
                input: input,
                output: output,
                cacheRead: cached,
                // To write to the cache costs what other input costs.
                cacheWrite5m: input,
                cacheWrite1h: input,
                contextWindow: window
            )
        }
            + anthropic.map { model, input, output in
                Price(
                    model: model,
                    input: input,
                    output: output,
                    // The vendor's fixed multiples of the input's price.
                    cacheRead: (input * 100).rounded() / 1000,
                    cacheWrite5m: input * 1.25,
                    cacheWrite1h: input * 2,
                    contextWindow: 200_000
                )
            }
    )

    /// Input, cached input, output.
    private static let openAI: [(String, Double, Double, Double, Int)] = [
        ("gpt-5", 1.25, 0.125, 10, 400_000),
        ("gpt-5-mini", 0.25, 0.025, 2, 400_000),
        ("gpt-5-nano", 0.05, 0.005, 0.4, 400_000),
        ("gpt-4.1", 2, 0.5, 8, 1_047_576),
        ("gpt-4.1-mini", 0.4, 0.1, 1.6, 1_047_576),
        ("gpt-4.1-nano", 0.1, 0.025, 0.4, 1_047_576),
        ("gpt-4o", 2.5, 1.25, 10, 128_000),
        ("gpt-4o-mini", 0.15, 0.075, 0.6, 128_000),
        ("gpt-4-turbo", 10, 10, 30, 128_000),
        ("gpt-4", 30, 30, 60, 8_192),
        ("gpt-3.5-turbo", 0.5, 0.5, 1.5, 16_385),
        ("o1", 15, 7.5, 60, 200_000),
        ("o3", 2, 0.5, 8, 200_000),
        ("o3-mini", 1.1, 0.55, 4.4, 200_000),
        ("o4-mini", 1.1, 0.275, 4.4, 200_000),
        ("text-embedding-3-small", 0.02, 0.02, 0, 8_191),
        ("text-embedding-3-large", 0.13, 0.13, 0, 8_191),
        ("text-embedding-ada-002", 0.1, 0.1, 0, 8_191),
    ]

    /// Input, output.
    private static let anthropic: [(String, Double, Double)] = [
        ("claude-opus-4-1", 15, 75),
        ("claude-opus-4", 15, 75),
        ("claude-sonnet-4-5", 3, 15),
        ("claude-sonnet-4", 3, 15),
        ("claude-haiku-4-5", 1, 5),
        ("claude-3-7-sonnet", 3, 15),
        ("claude-3-5-sonnet", 3, 15),
        ("claude-3-5-haiku", 0.8, 4),
        ("claude-3-opus", 15, 75),
        ("claude-3-haiku", 0.25, 1.25),
    ]
}
