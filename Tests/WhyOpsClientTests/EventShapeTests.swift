import FoundationEssentials
import Testing
import WhyOps

@testable import WhyOpsClient

/// The bytes of each kind of event, as other SDKs send them (CLT-10, CLT-11).
struct EventShapeTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let name: String
        let event: AgentEvent
        /// What stands behind `agentName`.
        let expected: String
        var testDescription: String { name }

        init(_ name: String, _ event: AgentEvent, _ expected: String) {
            self.name = name
            self.event = event
            self.expected = expected
        }
    }

    static let calls = [ToolCall(name: "search_orders", arguments: ["orderId": "123"])]
    static let span = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"

    static let shapes = [
        Shape(
            "user_message",
            .userMessage([.user("Reset my password.")]),
            #""content":{"messages":[{"role":"user","content":"Reset my password."}]}"#
        ),
        Shape(
            "user_message with metadata",
            .userMessage(
                [.system("You are helpful."), .user("Where is order 123?")],
                metadata: UserMessageMetadata(
                    systemPrompt: "You are helpful.",
                    tools: [["name": "search_orders"]],
                    params: ["temperature": 0.2]
                ),
                options: EventOptions(externalUserId: "user_12345")
            ),
            #""content":{"messages":[{"role":"system","content":"You are helpful."},{"role":"user","content":"Where is order 123?"}]},"#
                + #""metadata":{"systemPrompt":"You are helpful.","tools":[{"name":"search_orders"}],"params":{"temperature":0.2}},"#
                + #""externalUserId":"user_12345""#
        ),
        Shape(
            "llm_response",
            .llmResponse(
                model: "openai/gpt-4o-mini",
                provider: "openai",
                content: "I can help with that.",
                finishReason: "stop",
                usage: ModelUsage(promptTokens: 42, completionTokens: 16, totalTokens: 58),
                latencyMs: 420
            ),
            #""content":{"content":"I can help with that.","finishReason":"stop"},"metadata":{"model":"openai/gpt-4o-mini","#
                + #""provider":"openai","usage":{"promptTokens":42,"completionTokens":16,"totalTokens":58},"latencyMs":420}"#
        ),
        Shape(
            "llm_response with a prompt cache",
            .llmResponse(
                model: "anthropic/claude-sonnet-4-5",
                provider: "anthropic",
                content: "Done.",
                usage: ModelUsage(
                    promptTokens: 1200,
                    completionTokens: 240,
                    totalTokens: 9940,
                    cacheReadTokens: 8200,
                    cacheCreationTokens: 300
                ),
                latencyMs: 860
            ),
            #""content":{"content":"Done."},"metadata":{"model":"anthropic/claude-sonnet-4-5","provider":"anthropic","usage":"#
                + #"{"promptTokens":1200,"completionTokens":240,"totalTokens":9940,"cacheReadTokens":8200,"#
                + #""cacheCreationTokens":300},"latencyMs":860}"#
        ),
        Shape(
            "llm_response with tool calls",
            .llmResponse(
                model: "openai/gpt-4o",
                provider: "openai",
                toolCalls: [ModelToolCall(id: "call_1", name: "search_orders", arguments: #"{"orderId":"123"}"#)],
                finishReason: "tool_calls"
            ),
            #""content":{"toolCalls":[{"id":"call_1","function":{"name":"search_orders","arguments":"{\"orderId\":\"123\"}"}}],"#
                + #""finishReason":"tool_calls"},"metadata":{"model":"openai/gpt-4o","provider":"openai"}"#
        ),
        Shape(
            "llm_response without anything",
            .llmResponse(model: "m", provider: "p", finishReason: "", usage: ModelUsage()),
            #""content":{},"metadata":{"model":"m","provider":"p"}"#
        ),
        Shape(
            "llm_thinking",
            .llmThinking("Check order.", signature: "EqQBCgIYAhIM"),
            #""content":{"type":"thinking","thinking":"Check order.","signature":"EqQBCgIYAhIM"}"#
        ),
        Shape(
            "llm_thinking without a signature",
            .llmThinking("Hm.", signature: ""),
            #""content":{"type":"thinking","thinking":"Hm."}"#
        ),
        Shape(
            "redacted thinking",
            .redactedThinking("EmwKAhgB"),
            #""content":{"type":"redacted_thinking","data":"EmwKAhgB"}"#
        ),
        Shape("embedding_request", .embeddingRequest(["alpha", "beta"]), #""content":{"input":["alpha","beta"]}"#),
        Shape(
            "embedding_response",
            .embeddingResponse(
                model: "text-embedding-3-small",
                provider: "openai",
                embeddingCount: 2,
                firstEmbeddingDimensions: 1536,
                totalTokens: 12,
                latencyMs: 88
            ),
            #""content":{"object":"list","embeddingCount":2,"firstEmbeddingDimensions":1536,"encodingFormat":"float"},"#
                + #""metadata":{"model":"text-embedding-3-small","provider":"openai","usage":{"totalTokens":12},"latencyMs":88}"#
        ),
        Shape(
            "embedding_response in base64",
            .embeddingResponse(
                model: "m",
                provider: "p",
                embeddingCount: 1,
                firstEmbeddingDimensions: 0,
                encodingFormat: .base64
            ),
            #""content":{"object":"list","embeddingCount":1,"firstEmbeddingDimensions":0,"encodingFormat":"base64"},"#
                + #""metadata":{"model":"m","provider":"p"}"#
        ),
        Shape(
            "tool_call_request",
            .toolCallRequest(
                tool: "search_orders",
                toolCalls: calls,
                latencyMs: 12,
                requestedAt: "2026-03-28T10:15:30Z",
                options: EventOptions(spanId: span)
            ),
            #""content":{"toolCalls":[{"name":"search_orders","arguments":{"orderId":"123"}}],"#
                + #""requestedAt":"2026-03-28T10:15:30Z"},"metadata":{"tool":"search_orders","latencyMs":12},"spanId":"\#(span)""#
        ),
        Shape(
            "tool_call_request without arguments",
            .toolCallRequest(tool: "now", toolCalls: [ToolCall(name: "now")], options: EventOptions(spanId: span)),
            #""content":{"toolCalls":[{"name":"now","arguments":{}}]},"metadata":{"tool":"now"},"spanId":"\#(span)""#
        ),
        Shape(
            "tool_call_response",
            .toolCallResponse(
                tool: "search_orders",
                spanId: span,
                toolCalls: calls,
                toolResults: ["status": "shipped"],
                latencyMs: 0,
                respondedAt: "2026-03-28T10:15:31.500Z"
            ),
            #""content":{"toolCalls":[{"name":"search_orders","arguments":{"orderId":"123"}}],"toolResults":{"status":"shipped"},"#
                + #""respondedAt":"2026-03-28T10:15:31.500Z"},"metadata":{"tool":"search_orders","latencyMs":0},"#
                + #""spanId":"\#(span)""#
        ),
        Shape(
            "tool_result",
            .toolResult(
                toolName: "search_orders",
                output: ["status": "shipped", "eta": "2026-03-29"],
                options: EventOptions(spanId: "tool-span-123")
            ),
            #""content":{"toolName":"search_orders","output":{"status":"shipped","eta":"2026-03-29"}},"spanId":"tool-span-123""#
        ),
        Shape(
            "error",
            .error("Upstream timeout", status: 504, stack: "Error: Upstream timeout\n    at run (app.js:1:1)"),
            #""content":{"message":"Upstream timeout","status":504,"stack":"Error: Upstream timeout\n    at run (app.js:1:1)"}"#
        ),
        Shape(
            "error with everything that an envelope has",
            .error(
                "boom",
                options: EventOptions(
                    spanId: "s",
                    stepId: 7,
                    parentStepId: 6,
                    timestamp: "2026-01-02T03:04:05.678Z",
                    idempotencyKey: "k",
                    externalUserId: "u"
                )
            ),
            #""content":{"message":"boom"},"spanId":"s","stepId":7,"parentStepId":6,"timestamp":"2026-01-02T03:04:05.678Z","#
                + #""idempotencyKey":"k","externalUserId":"u""#
        ),
    ]

    @Test(arguments: shapes) func bytesAreThoseOfTheOtherSDKs(_ shape: Shape) {
        let bytes = shape.event.encoded(traceId: "session-123", agentName: "customer-support-agent")
        let head =
            #"{"eventType":"\#(shape.event.eventType)","traceId":"session-123","#
            + #""agentName":"customer-support-agent","#
        #expect(String(decoding: bytes, as: UTF8.self) == head + shape.expected + "}")
    }

    @Test(arguments: shapes) func strictServicesTakeThem(_ shape: Shape) throws {
        let bytes = shape.event.encoded(traceId: "session-123", agentName: "customer-support-agent")
        #expect(EventValidator(profile: .strict).faults(in: try JSONDocument(bytes)).isEmpty)
    }

    @Test func contentIsWrittenInItsOrderAndExactly() throws {
        let value: JSONContent = ["b": 1, "a": [true, nil, 0.5, -3], "c": "\"\u{1}\u{2028}\u{E9}"]
        #expect(value.description == "{\"b\":1,\"a\":[true,null,0.5,-3],\"c\":\"\\\"\\u0001\u{2028}\u{E9}\"}")
        #expect(JSONContent(Double.nan).description == "null")
        #expect(try JSONContent(parsing: #"{"n":1.50e3}"#).description == #"{"n":1.50e3}"#)
        #expect(throws: ClientError.self) { try JSONContent(parsing: "{") }
        #expect(try JSONContent(encoding: ["b": 1, "a": 2]).description == #"{"a":2,"b":1}"#)
        #expect(throws: ClientError.self) { try JSONContent(encoding: [Double.infinity]) }
    }

    @Test func datesAreWrittenToTheMillisecond() {
        #expect(EventTime(Date(timeIntervalSince1970: 1_775_000_000.125)).text == "2026-03-31T23:33:20.125Z")
        #expect(EventTime(Date(timeIntervalSince1970: .greatestFiniteMagnitude)).text.hasPrefix("9999-12-31"))
        #expect(EventTime(Date(timeIntervalSince1970: -.greatestFiniteMagnitude)).text.hasPrefix("0000-01-01"))
    }
}
