import Testing
import WhyOps

@testable import WhyOpsIngest
@testable import WhyOpsStore

/// ING-60, ING-61
struct PriceTableTests {
    @Test(arguments: [
        ("gpt-4o", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("openai/gpt-4.1-nano", "gpt-4.1-nano"),
        ("vertex_ai/claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("anthropic/claude-3-5-haiku-20241022", "claude-3-5-haiku"),
        ("claude-opus-4-5", "claude-opus-4-5"),
        ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        ("claude-opus-4-20250514", "claude-opus-4"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
        ("claude-opus-4-99", nil),
        ("openrouter/anthropic/claude-3-5-haiku:beta", nil),
        ("gpt-5-pro", nil),
        ("gpt-4o-audio-preview", nil),
        ("gpt-4o-2024-08", nil),
        ("gpt-4o-2024-08-0x", nil),
        ("gpt-4oo", nil),
        ("-20250514", nil),
        ("", nil),
        ("-", nil),
        ("mygpt-4o", nil),
        ("gpt", nil),
    ])
    func modelIsFoundByItsNameWithOrWithoutADay(_ model: String, _ name: String?) {
        #expect(PriceTable.standard.price(of: model)?.model == name)
    }

    @Test func everyPriceIsInOrder() {
        for model in ["gpt-6.1-sol", "gpt-5", "o1", "claude-opus-5-5", "claude-haiku-5-5", "text-embedding-3-small"] {
            let price = PriceTable.standard.price(of: model)
            #expect(price != nil)
            for rates in [price?.rates, price?.longPrompt?.rates].compactMap({ $0 }) {
                #expect(rates.cacheRead <= rates.input)
                #expect(rates.cacheWrite5m <= rates.cacheWrite1h)
            }
        }
        #expect(PriceTable.standard.price(of: "claude-3-5-haiku")?.rates.cacheRead == 0.08)
        #expect(PriceTable.standard.price(of: "gpt-5.6-luna")?.longPrompt?.rates.output == 1.8)
    }

    private func row(
        _ model: String,
        provider: String? = nil,
        accounting: String? = nil,
        inclusiveLength: Int = 0,
        exclusiveLength: Int = 0
    ) -> UsageRow {
        var facts = EventFacts()
        facts.promptTokens = 100
        facts.completionTokens = 7
        facts.cacheReadTokens = 30
        facts.cacheWriteTokens = 20
        facts.cacheWrite1hTokens = 5
        return UsageRow(
            group: nil,
            provider: provider,
            model: model,
            accounting: accounting,
            requestCount: 1,
            errorCount: 0,
            latencySum: 0,
            latencyCount: 0,
            facts: facts,
            inclusive: PromptFigures(uncached: 50, length: inclusiveLength),
            exclusive: PromptFigures(uncached: 100, length: exclusiveLength),
            shortCacheWrites: 15
        )
    }

    @Test(
        arguments: [
            ("gpt-4o", nil, nil, 50), ("claude-3-haiku", nil, nil, 100), ("x", "Anthropic", nil, 100),
            ("claude-3-haiku", nil, "inclusive", 50), ("gpt-4o", nil, "exclusive", 100),
        ] as [(String, String?, String?, Int)]
    )
    func cachedTokensArePaidOnce(_ model: String, _ provider: String?, _ accounting: String?, _ input: Int) {
        let tokens = PaidTokens(row(model, provider: provider, accounting: accounting))
        #expect(tokens.input == input)
        #expect([tokens.output, tokens.cacheRead, tokens.cacheWrite5m, tokens.cacheWrite1h] == [7, 30, 15, 5])
    }

    /// ING-93
    @Test(arguments: [(0, 0.1, 0.5), (100_000, 0.5, 2.5)])
    func longPromptsHaveTheirOwnPrice(_ length: Int, _ input: Double, _ output: Double) throws {
        let price = try #require(PriceTable.standard.price(of: "claude-haiku-5-5"))
        // The vendor's prompts do not include what was cached, so the other reading does not count.
        var tokens = PaidTokens(row("claude-haiku-5-5", inclusiveLength: 272_000, exclusiveLength: length))
        tokens.cacheRead = 0
        tokens.cacheWrite5m = 0
        tokens.cacheWrite1h = 0
        #expect(abs(price.cost(of: tokens) - (100 * input + 7 * output) / 1_000_000) < 1e-12)
        #expect(PriceTable.standard.promptLengths == [100_000, 272_000])
    }

    @Test func operatorsPriceMayHaveATier() throws {
        let json = #"""
            {"models":[{"model":"own","inputTokenPricePerMillionToken":1,"outputTokenPricePerMillionToken":2,
            "longPrompt":{"aboveTokens":50,"inputTokenPricePerMillionToken":3,"outputTokenPricePerMillionToken":4}}]}
            """#
        let table = try PriceTable(overriddenBy: Array(json.utf8))
        #expect(table.promptLengths == [50, 100_000, 272_000])
        #expect(table.price(of: "own")?.longPrompt?.rates.cacheRead == 3)
    }

    @Test(arguments: [
        #"{"models":5}"#, "{}", #"{"models":[{"model":"x"}]}"#,
        #"{"models":[{"model":"x","inputTokenPricePerMillionToken":-1,"outputTokenPricePerMillionToken":1}]}"#,
        #"{"models":[{"model":"x","inputTokenPricePerMillionToken":1e999,"outputTokenPricePerMillionToken":1}]}"#,
        #"{"models":[{"model":"x","inputTokenPricePerMillionToken":1,"outputTokenPricePerMillionToken":1,"longPrompt":{}}]}"#,
    ])
    func tableThatCannotBeUsedIsRefused(_ json: String) {
        #expect(throws: InvalidInput.self) { try PriceTable(overriddenBy: Array(json.utf8)) }
    }
}
