import Testing
import WhyOps

@testable import WhyOpsValidation

struct FileCheckTests {
    private static let event = #"{"eventType":"user_message","traceId":"t","agentName":"a","content":"x"}"#
    private static let agent = #"{"systemPrompt":"p","tools":[]}"#

    private func findings(_ text: String, _ check: PayloadCheck = PayloadCheck()) -> (all: [String], payloads: Int) {
        var file = FileCheck(source: "f", layout: .auto, check: check)
        let found = file.feed(Array(text.utf8)) + file.finish()
        let all = found.map { "\($0.place.line):\($0.place.column) \($0.pointer) \($0.rule)" }
        #expect(file.findings == all.count)
        return (all, file.payloads)
    }

    @Test(
        arguments: [
            (event, [], 1),
            ("[\(event),\(event)]", [], 2),
            ("\(event)\n[\(event),\(event)]\n", [], 3),
            (agent, [], 1),
            (#"{"agentName":"a","metadata":\#(agent)}"#, [], 1),
            // An event may bring the prompt of its agent.
            (#"{"eventType":"user_message","traceId":"t","agentName":"a","metadata":\#(agent)}"#, [], 1),
            (
                "{\n  \"eventType\": \"x\",\n  \"traceId\": 1,\n  \"agentName\": \"a\"\n}",
                ["2:16 /eventType eventType.enum", "3:14 /traceId traceId.type"], 1
            ),
            ("\(event)\n{\"eventType\":\"user_message\",\"agentName\":\"a\"}", ["2:1 /traceId traceId.required"], 2),
            (
                "[\(event),\n {\"eventType\":\"user_message\",\"traceId\":\"\",\"agentName\":\"a\"}]",
                ["2:40 /1/traceId traceId.minLength"], 2
            ),
            ("[\(event),[\(event)]]", ["1:\(event.utf8.count + 3) /1 body.type"], 2),
            ("[[\(event)],{]", ["1:2 /0 body.type", "1:\(event.utf8.count + 6) /1 json.unexpected-byte"], 1),
            ("{\"a\":}", ["1:6  json.unexpected-byte"], 0),
            (
                #"{"systemPrompt":"","tools":{}}"#,
                ["1:17 /systemPrompt systemPrompt.minLength", "1:28 /tools tools.type"], 1
            ),
        ] as [(String, [String], Int)]
    )
    func findingsNameTheirPlaces(_ text: String, _ expected: [String], _ payloads: Int) {
        let found = findings(text)
        #expect(found.all == expected)
        #expect(found.payloads == payloads)
    }

    @Test func whatFollowsABrokenItemIsNotJudged() {
        let found = findings("[{\"a\":tru},{},{}]")
        #expect(found.all == ["1:10 /0 json.unexpected-byte"])
    }

    @Test func brokenLineDoesNotHideTheNextOne() {
        let found = findings("\(Self.event)\n{oops\n{}\n")
        #expect(found.all.map { $0.split(separator: ":")[0] } == ["2", "3", "3", "3"])
    }

    @Test func kindAndProfileThatAreNamedCount() {
        #expect(findings(Self.agent, PayloadCheck(kind: .event)).all.contains("1:1 /traceId traceId.required"))
        #expect(findings(Self.event, PayloadCheck(kind: .agent)).all == ["1:1 /metadata metadata.required"])
        let bare =
            #"{"eventType":"llm_response","traceId":"t","agentName":"a","metadata":{"model":"m","provider":"p"}}"#
        #expect(findings(bare).all.isEmpty)
        #expect(findings(bare, PayloadCheck(profile: .strict)).all == ["1:1 /content content.required"])
    }

    @Test func ofANameThatOccursTwiceTheLastCounts() {
        #expect(
            findings(#"{"eventType":"user_message","traceId":"t","traceId":1,"agentName":"a"}"#).all == [
                "1:53 /traceId traceId.type"
            ]
        )
    }
}
