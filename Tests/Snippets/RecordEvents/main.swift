// Every kind of event, the agent's registration, and what became of it all.

// snippet.hide
import FoundationEssentials
// snippet.show
import WhyOpsClient

// snippet.options
var options = ClientOptions()
options.externalUserId = "customer-7"
options.overflow = .dropOldest
options.onError = { error in print("not recorded: \(error)") }
// snippet.hide
let variables = ProcessInfo.processInfo.environment
let traceId = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "session-123"
// snippet.show
let whyops = AgentClient(
    apiKey: variables["WHYOPS_API_KEY"] ?? "",
    agentName: variables["AGENT_NAME"] ?? "shop-agent",
    agentMetadata: AgentMetadata(
        systemPrompt: "You help customers of a shop.",
        description: variables["AGENT_DESCRIPTION"]
    ),
    proxyBaseURL: variables["WHYOPS_PROXY_URL"],
    analyseBaseURL: variables["WHYOPS_INGEST_URL"],
    options: options
)
// snippet.end

// snippet.register
do {
    let agent = try await whyops.initAgent()
    print("\(agent.status) \(agent.agentId) \(agent.versionHash)")
} catch {
    print("not registered: \(error)")
}
// snippet.end

// snippet.methods
let trace = whyops.trace(traceId)
await trace.userMessage(
    [.system("You help customers of a shop."), .user("Where is order 7?")],
    metadata: UserMessageMetadata(tools: [["name": "find_order"]], params: ["temperature": 0.2])
)
await trace.llmThinking("I should look it up.", signature: "c2ln")
await trace.llmResponse(
    model: "claude-sonnet-4-5",
    provider: "anthropic",
    toolCalls: [ModelToolCall(id: "call_1", name: "find_order", arguments: #"{"number":7}"#)],
    finishReason: "tool_use",
    usage: ModelUsage(promptTokens: 1200, completionTokens: 24, cacheReadTokens: 820, cacheCreationTokens: 300),
    latencyMs: 860
)
let calls = [ToolCall(name: "find_order", arguments: ["number": 7])]
let spanId = await trace.toolCallRequest(tool: "find_order", toolCalls: calls)
await trace.toolCallResponse(
    tool: "find_order",
    spanId: spanId,
    toolCalls: calls,
    toolResults: ["status": "shipped"],
    latencyMs: 12
)
await trace.toolResult(toolName: "find_order", output: ["status": "shipped"])
await trace.embeddingRequest(["order", "parcel"])
await trace.embeddingResponse(
    model: "text-embedding-3-small",
    provider: "openai",
    embeddingCount: 2,
    firstEmbeddingDimensions: 1536,
    totalTokens: 4
)
await trace.error("the carrier does not answer", status: 504)
// snippet.end

// snippet.flush
let result = await whyops.flush(timeout: .seconds(10))
print("flush: \(result.acknowledged) stored, \(result.refused) refused, \(result.lost) lost, \(result.left) left")
// snippet.end

// snippet.strict
do {
    try await whyops.strictTrace(traceId).toolResult(toolName: "find_order", output: ["status": "delivered"])
    print("strict: stored")
    try await whyops.strictTrace("").toolResult(toolName: "find_order", output: nil)
} catch {
    print("strict: \(error.code), \(error.faults.map(\.rule))")
}
// snippet.end
await whyops.shutdown()
