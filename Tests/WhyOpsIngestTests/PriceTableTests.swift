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
        ("openrouter/anthropic/claude-3-5-haiku:beta", "claude-3-5-haiku"),
        ("gpt-4oo", nil),
        ("", nil),
        ("-", nil),
        ("mygpt-4o", nil),
        ("gpt", nil),
    ])
    func modelIsFoundByTheLongestNameThatItBeginsWith(_ model: String, _ name: String?) {
        #expect(PriceTable.standard.price(of: model)?.model == name)
    }

    @Test func everyPriceIsInOrder() {
        for model in ["gpt-5", "o1", "claude-opus-4-1", "text-embedding-3-small"] {
            let price = PriceTable.standard.price(of: model)
            #expect(price != nil)
            if let price { #expect(price.cacheRead <= price.input) }
        }
        #expect(PriceTable.standard.price(of: "claude-3-5-haiku")?.cacheRead == 0.08)
    }

    private func row(_ model: String, provider: String? = nil, accounting: String? = nil) -> UsageRow {
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
            facts: facts
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

    @Test(arguments: [
        #"{"models":5}"#, "{}", #"{"models":[{"model":"x"}]}"#,
        #"{"models":[{"model":"x","inputTokenPricePerMillionToken":-1,"outputTokenPricePerMillionToken":1}]}"#,
        #"{"models":[{"model":"x","inputTokenPricePerMillionToken":1e999,"outputTokenPricePerMillionToken":1}]}"#,
    ])
    func tableThatCannotBeUsedIsRefused(_ json: String) {
        #expect(throws: InvalidInput.self) { try PriceTable(overriddenBy: Array(json.utf8)) }
    }
}
