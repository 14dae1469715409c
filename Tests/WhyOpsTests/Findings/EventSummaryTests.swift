import Testing
import WhyOps

/// FND-3 to FND-5: what is read of contents.
struct EventSummaryTests {
    private func summary(_ type: EventType, _ content: String) throws -> EventSummary {
        var event = EventSummary(
            eventType: type,
            stepId: 1,
            spanId: "s",
            agentName: "a",
            timestamp: Timestamp(milliseconds: 0)
        )
        event.read(content: try JSONDocument(Array(content.utf8)).root)
        return event
    }

    @Test func callIsTheSameHoweverItIsSpelt() throws {
        let spellings: [(EventType, String)] = [
            (.toolCallRequest, #"{"toolCalls":[{"name":"find","arguments":{"a":1,"b":[2.0]}}]}"#),
            (.toolCall, #"{"toolCalls":[{"name":"find","arguments":{"b":[2],"a":1e0}}],"toolResults":{}}"#),
            (
                .llmResponse,
                #"{"toolCalls":[{"id":"1","type":"function","function":{"name":"find","arguments":"{ \"b\":[2], \"a\":1 }"}}]}"#
            ),
            (.llmResponse, #"{"content":[{"type":"tool_use","id":"2","name":"find","input":{"a":1,"b":[2]}}]}"#),
        ]
        let calls = try spellings.map { try summary($0, $1).call }
        #expect(calls.first != .some(nil))
        #expect(Set(calls).count == 1)
        #expect(try summary(spellings[2].0, spellings[2].1).tool == "find")
    }

    @Test(arguments: [
        #"{"toolCalls":[{"name":"find","arguments":{"a":2}}]}"#,
        #"{"toolCalls":[{"name":"fin","arguments":{"a":1}}]}"#,
        #"{"toolCalls":[{"name":"find"}]}"#,
        #"{"toolCalls":[{"name":"find","arguments":"{\"a\":1"}]}"#,
    ])
    func otherCallIsAnother(_ content: String) throws {
        let one = try summary(.toolCallRequest, #"{"toolCalls":[{"name":"find","arguments":{"a":1}}]}"#)
        #expect(try summary(.toolCallRequest, content).call != one.call)
    }

    @Test func severalCallsAreNone() throws {
        let two = try summary(.llmResponse, #"{"toolCalls":[{"name":"a"},{"name":"a"}],"finishReason":"tool_calls"}"#)
        #expect(two.callCount == 2)
        #expect(two.call == nil)
        #expect(two.tool == nil)
        #expect(two.ending == .waitsForTools)
        let message = try summary(.userMessage, #"{"toolCalls":[{"name":"a"}]}"#)
        #expect(message.callCount == 0)
    }
}
