import Testing
import WhyOps

/// What is too much for a case: FND-9, and the sentences.
struct TraceFindingsTests {
    private func event(
        _ type: EventType,
        _ step: Int,
        after parent: Int? = nil,
        span: String? = nil,
        tool: String? = nil
    ) -> EventSummary {
        EventSummary(
            eventType: type,
            stepId: step,
            parentStepId: parent,
            spanId: span ?? "s\(step)",
            agentName: "a",
            timestamp: Timestamp(milliseconds: Int64(step)),
            tool: tool
        )
    }

    @Test func listEndsAndCountDoesNot() {
        let result = TraceFindings(of: (1...1001).map { event(.toolCallResponse, $0, tool: "f") })
        #expect(result.total == 1001)
        #expect(result.findings.count == TraceFindings.listLimit)
        #expect(result.count(of: .medium) == 1001)
        #expect(result.count(of: .high) == 0)
        #expect(result.findings.last?.steps == [1000])
    }

    @Test func longTraceIsLookedAtInPart() {
        // The last event would be an orphan, and the call before it is not known to be without an answer.
        var events = (1...TraceFindings.eventLimit - 1).map { event(.userMessage, $0, after: $0 > 1 ? $0 - 1 : nil) }
        events.append(event(.toolCallRequest, TraceFindings.eventLimit, span: "call", tool: "f"))
        events.append(event(.toolCallResponse, TraceFindings.eventLimit + 1, span: "none", tool: "f"))
        let result = TraceFindings(of: events.reversed())
        #expect(result.eventCount == TraceFindings.eventLimit)
        #expect(!result.isComplete)
        #expect(result.total == 0)
    }

    /// A chain of any length: nothing here walks up from each event.
    @Test func deepTraceTakesNoLonger() {
        let events = (1...50_000).map { step in
            event(step % 2 == 0 ? .toolCallRequest : .llmThinking, step, after: step > 1 ? step - 1 : nil, tool: "f")
        }
        let result = TraceFindings(of: events)
        #expect(result.count(of: .high) == 24_999)
        #expect(result.count(of: .low) == 1)
    }

    @Test func sentencesSayWhatTheFiguresSay() {
        let result = TraceFindings(of: [
            event(.userMessage, 1), event(.llmResponse, 5, after: 3),
            event(.toolCallRequest, 6, after: 5, span: "x", tool: "find"),
        ])
        #expect(
            result.findings.map(\.message) == [
                "Step 3, which led to this one, is not in the trace.",
                "1 reply of a model without model and provider in metadata.",
                "1 reply of a model without usage and latencyMs in metadata.",
                "The call of find has no result yet; nothing says that the agent went on.",
            ]
        )
    }
}
