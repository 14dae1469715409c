import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsCommand

/// An agent that talks to a model as any client does: it sends the whole history with each call, keeps the answers
/// as they came, and knows nothing of traces.
struct DemoAgent {
    let conversation: DemoScript.Conversation
    let proxy: String
    let client: HTTPClient

    private var history: [[UInt8]] = []
    private var step = 0

    init(_ conversation: DemoScript.Conversation, proxy: String, client: HTTPClient) {
        self.conversation = conversation
        self.proxy = proxy
        self.client = client
        if conversation.format == .chat {
            history.append(Self.message("system") { $0.member("content", conversation.system) })
        }
    }

    var isDone: Bool { step == conversation.steps.count }

    /// Makes the next call and keeps its answer.
    mutating func advance() async throws {
        switch conversation.steps[step].0 {
        case .user(let text):
            history.append(Self.message("user") { $0.member("content", text) })
        case .toolResult(let text):
            history.append(toolResult(text))
        }
        let answer = try await call()
        history.append(try assistantMessage(answer))
        step += 1
    }

    private func call() async throws -> [UInt8] {
        let path = conversation.format == .chat ? "/v1/chat/completions" : "/v1/messages"
        var request = HTTPClientRequest(url: proxy + path)
        request.method = .POST
        request.headers.add(name: "authorization", value: "Bearer \(DemoCommand.apiKey)")
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "x-agent-name", value: conversation.agent)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", "scripted-model")
            writer.member("max_tokens", 1024)
            if conversation.format == .messages { writer.member("system", conversation.system) }
            if conversation.isStreaming { writer.member("stream", true) }
            writer.name("messages")
            writer.array { writer in
                for message in history { writer.raw(message) }
            }
        }
        request.body = .bytes(ByteBuffer(bytes: writer.bytes))
        let response = try await client.execute(request, timeout: .seconds(20))
        let body = Array(try await response.body.collect(upTo: 1 << 20).readableBytesView)
        guard response.status.code == 200 else {
            throw CommandFailure("A call got status \(response.status.code): \(String(decoding: body, as: UTF8.self))")
        }
        return body
    }

    // MARK: Messages

    private static func message(_ role: String, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("role", role)
            members(&writer)
        }
        return writer.bytes
    }

    private func toolResult(_ text: String) -> [UInt8] {
        let id = conversation.steps[step - 1].1.tool?.id ?? ""
        if conversation.format == .chat {
            return Self.message("tool") {
                $0.member("tool_call_id", id)
                $0.member("content", text)
            }
        }
        return Self.message("user") { writer in
            writer.name("content")
            writer.array { writer in
                writer.object {
                    $0.member("type", "tool_result")
                    $0.member("tool_use_id", id)
                    $0.member("content", text)
                }
            }
        }
    }

    private func assistantMessage(_ body: [UInt8]) throws -> [UInt8] {
        if !conversation.isStreaming {
            let message = try JSONDocument(body).root["choices"]?.children.first?["message"]
            return message?.slice ?? []
        }
        var events: [JSONValue] = []
        for line in body.split(separator: UInt8(ascii: "\n")) where line.starts(with: Array("data: {".utf8)) {
            events.append(try JSONDocument(Array(line.dropFirst(6))).root)
        }
        return conversation.format == .chat ? Self.chatMessage(events) : Self.anthropicMessage(events)
    }

    private static func chatMessage(_ chunks: [JSONValue]) -> [UInt8] {
        let deltas = chunks.compactMap { $0["choices"]?.children.first?["delta"] }
        let text = deltas.compactMap { $0["content"]?.string }.joined()
        let calls = deltas.compactMap { $0["tool_calls"]?.children.first }
        return message("assistant") { writer in
            writer.name("content")
            if text.isEmpty { writer.null() } else { writer.string(text) }
            guard !calls.isEmpty else { return }
            writer.name("tool_calls")
            writer.array { writer in
                for call in calls { writer.raw(call.slice) }
            }
        }
    }

    private static func anthropicMessage(_ events: [JSONValue]) -> [UInt8] {
        message("assistant") { writer in
            writer.name("content")
            writer.array { writer in
                for start in events where start["type"]?.isString("content_block_start") == true {
                    guard let block = start["content_block"], let index = start["index"]?.integer else { continue }
                    let deltas = events.filter {
                        $0["type"]?.isString("content_block_delta") == true && $0["index"]?.integer == index
                    }.compactMap { $0["delta"] }
                    writer.object { writer in
                        writer.member("type", block["type"]?.string)
                        writer.member("id", block["id"]?.string)
                        writer.member("name", block["name"]?.string)
                        for name in ["text", "thinking", "signature"] {
                            let text = deltas.compactMap { delta in
                                delta.members.first { $0.name == name }?.value.string
                            }
                            if !text.isEmpty { writer.member(name, text.joined()) }
                        }
                        let input = deltas.compactMap { $0["partial_json"]?.string }.joined()
                        if !input.isEmpty { writer.member("input", raw: Array(input.utf8)) }
                    }
                }
            }
        }
    }
}
