import Testing
import WhyOps

@testable import WhyOpsValidation

struct RuleCatalogueTests {
    @Test(arguments: RuleCatalogue.rules)
    func everyRuleHasItsSentences(_ rule: String) {
        #expect(!RuleCatalogue.sentences(of: rule).isEmpty)
    }

    /// What a validator can find is known: each of these breaks some rules.
    @Test(arguments: [
        #"{"eventType":1,"traceId":"","agentName":null,"spanId":1,"stepId":1.5,"timestamp":"x","metadata":[],"userId":""}"#,
        #"{"eventType":"tool_call_response","traceId":"\u0000","agentName":"a","content":{},"metadata":{"tool":null}}"#,
        #"{"eventType":"llm_response","traceId":"t","agentName":"a","content":{"toolCalls":[{}],"finishReason":1}}"#,
        #"{"eventType":"embedding_request","traceId":"t","agentName":"a","content":{"input":[{}]}}"#,
        #"{"eventType":"error","traceId":"t","agentName":"a","content":{"status":1}}"#,
        #"{"systemPrompt":1,"tools":[{"name":"","inputSchema":1},1],"description":1}"#,
        #"{"a":01}"#, #"{"a":"\x"}"#, "[1,", "\u{FEFF}{}",
    ])
    func foundRulesAreKnown(_ text: String) {
        let faults = PayloadCheck(profile: .strict).check(Array(text.utf8)).faults
        #expect(!faults.isEmpty)
        for fault in faults { #expect(RuleCatalogue.rules.contains(fault.rule), "\(fault.rule)") }
    }

    @Test func mistypedRuleIsFound() {
        #expect(RuleCatalogue.rules(like: "traceid").contains("traceId.required"))
        #expect(RuleCatalogue.sentences(of: "no.such").isEmpty)
    }
}
