import Testing
import WhyOps

@testable import WhyOpsStore

/// EVT-18
@Suite struct EventFactsTests {
    private func facts(_ metadata: String) -> EventFacts {
        EventFacts(event(.llmResponse, metadata: metadata))
    }

    @Test(arguments: [
        """
        {"usage":{"input_tokens":10,"output_tokens":2,"cache_read_input_tokens":30,"cache_creation_input_tokens":9,
        "cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":5}}}
        """,
        """
        {"usage":{"promptTokens":10,"completionTokens":2,"cacheReadTokens":30,"cacheCreationTokens":9,
        "cacheWrite5mTokens":4,"cacheWrite1hTokens":5}}
        """,
    ])
    func cachedTokensAreReadUnderTheirVendorsNames(_ metadata: String) {
        let facts = facts(metadata)
        #expect([facts.promptTokens, facts.completionTokens] == [10, 2])
        #expect([facts.cacheReadTokens, facts.cacheWriteTokens] == [30, 9])
        #expect([facts.cacheWrite5mTokens, facts.cacheWrite1hTokens] == [4, 5])
    }

    @Test(arguments: [
        #"{"usage":{"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":7,"cache_write_tokens":2}}}"#,
        #"{"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":7,"cache_write_tokens":2}}}"#,
    ])
    func detailsOfAPromptAreRead(_ metadata: String) {
        #expect(facts(metadata).cacheReadTokens == 7)
        #expect(facts(metadata).cacheWriteTokens == 2)
    }

    @Test func nameWithNulIsNone() {
        #expect(facts(#"{"model":"gpt-4o\u0000x"}"#).model == nil)
        #expect(facts(#"{"model":"gpt-4o"}"#).model == "gpt-4o")
    }

    @Test(arguments: ["{\"usage\":5}", "{\"usage\":{\"prompt_tokens_details\":5,\"cache_creation\":[]}}"])
    func otherTypesCountAsAbsent(_ metadata: String) {
        #expect(facts(metadata).cacheReadTokens == nil)
    }
}
