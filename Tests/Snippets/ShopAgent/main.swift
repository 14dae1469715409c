// A service with an agent: its model calls go through the proxy, its tool runs are recorded, and all are on one trace.
//
//     WHYOPS_API_KEY=... WHYOPS_PROXY_URL=http://127.0.0.1:8080 WHYOPS_INGEST_URL=http://127.0.0.1:8081/api \
//         swift run ShopAgent session-123 "Where is order 7?"

import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import WhyOpsClient

struct Order: Codable {
    var number: Int
    var status: String
}

// snippet.client
let variables = ProcessInfo.processInfo.environment
let tools = [
    AgentTool(
        name: "find_order",
        description: "Says where an order is.",
        inputSchema: #"{"type":"object","properties":{"number":{"type":"integer"}}}"#,
        outputSchema: #"{"type":"object"}"#
    )
]
let whyops = AgentClient(
    apiKey: variables["WHYOPS_API_KEY"] ?? "",
    agentName: variables["AGENT_NAME"] ?? "shop-agent",
    agentMetadata: AgentMetadata(systemPrompt: "You help customers of a shop.", tools: tools),
    proxyBaseURL: variables["WHYOPS_PROXY_URL"],
    analyseBaseURL: variables["WHYOPS_INGEST_URL"]
)
// snippet.end

// snippet.tool
func findOrder(_ number: Int, in trace: AgentTrace<Never>) async -> Order {
    await trace.withToolSpan("find_order", arguments: ["number": JSONContent(number)]) { _ in
        Order(number: number, status: "shipped")
    }
}
// snippet.end

// snippet.model
struct Message: Codable {
    var role: String
    var content: String
}

struct Question: Encodable {
    var model: String
    var messages: [Message]
}

struct Answer: Decodable {
    struct Choice: Decodable {
        var message: Message
    }

    var choices: [Choice]
}

func ask(_ messages: [Message], in trace: AgentTrace<Never>) async throws -> Message {
    let proxy = trace.proxyConfiguration(for: .openAI)
    var request = HTTPClientRequest(url: proxy.baseURL + "/chat/completions")
    request.method = .POST
    for (name, value) in proxy.headers { request.headers.add(name: name, value: value) }
    request.headers.add(name: "Content-Type", value: "application/json")
    let question = Question(model: variables["MODEL"] ?? "gpt-4o-mini", messages: messages)
    request.body = .bytes(Array(try JSONEncoder().encode(question)))
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    let body = try await response.body.collect(upTo: 1 << 20)
    return try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView)).choices[0].message
}
// snippet.end

// snippet.service
// Registered now, since the first event is the proxy's; where that fails, the agent is made of what its events show.
_ = try? await whyops.initAgent()
let arguments = CommandLine.arguments
let trace = whyops.trace(arguments.count > 1 ? arguments[1] : "session-123", externalUserId: "customer-7")
var messages = [Message(role: "user", content: arguments.count > 2 ? arguments[2] : "Where is order 7?")]
messages.append(try await ask(messages, in: trace))
let order = await findOrder(7, in: trace)
messages.append(Message(role: "user", content: "find_order: \(order.status)"))
print(try await ask(messages, in: trace).content)
let result = await whyops.shutdown()
// snippet.end
print("events: \(result.acknowledged) stored, \(result.left + result.lost + result.refused) not")
