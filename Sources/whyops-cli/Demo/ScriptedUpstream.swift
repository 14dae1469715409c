import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import WhyOps

/// A model provider that answers from the script, in the wire formats of OpenAI and Anthropic, and looks for
/// signatures in what reaches it.
final class ScriptedUpstream: Sendable {
    private struct Seen {
        var calls = 0
        var signatures = 0
        var foreignHeaders = 0
    }

    private let seen = Mutex(Seen())

    /// Calls that came, those whose bodies held a signature, and those that carried a header of ours or a client's key.
    var calls: Int { seen.withLock { $0.calls } }
    var signatures: Int { seen.withLock { $0.signatures } }
    var foreignHeaders: Int { seen.withLock { $0.foreignHeaders } }

    func application(onReady: @escaping @Sendable (Int) async -> Void) -> some ApplicationProtocol {
        let router = Router()
        router.post("v1/chat/completions") { request, _ in try await self.answer(request, .chat) }
        router.post("v1/messages") { request, _ in try await self.answer(request, .messages) }
        return Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0), serverName: nil),
            onServerRunning: { await onReady($0.localAddress?.port ?? 0) },
            logger: Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func answer(_ request: Request, _ format: ExchangeFormat) async throws -> Response {
        let body = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
        let isForeign = request.headers.contains { field in
            ["x-agent-name", "x-trace-id", "x-thread-id"].contains(field.name.canonicalName)
                || field.value.contains(DemoCommand.apiKey)
        }
        let hasSignature = InvisibleSignature.strip(body) != body
        seen.withLock {
            $0.calls += 1
            $0.signatures += hasSignature ? 1 : 0
            $0.foreignHeaders += isForeign ? 1 : 0
        }
        guard let root = try? JSONDocument(body).root, let (conversation, turn) = Self.place(root),
            turn < conversation.steps.count
        else { return Response(status: .badRequest) }
        let answer = conversation.steps[turn].1
        let number = calls
        guard format == .chat else { return Self.stream(AnthropicReply.events(answer, number)) }
        return root["stream"]?.kind == .true
            ? Self.stream(OpenAIReply.events(answer, number)) : Self.json(OpenAIReply.body(answer, number))
    }

    /// The conversation that a request goes on with, and how many answers it has had: known from its first words.
    private static func place(_ root: JSONValue) -> (DemoScript.Conversation, Int)? {
        let messages = root["messages"]?.children ?? []
        let opening = messages.first { $0["role"]?.isString("user") == true }?["content"]?.string
        let conversation = DemoScript.conversations.first {
            if case .user(let text) = $0.steps[0].0 { text == opening } else { false }
        }
        return conversation.map { ($0, messages.count { $0["role"]?.isString("assistant") == true }) }
    }

    private static func json(_ body: [UInt8]) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: body))
        )
    }

    private static func stream(_ events: [[UInt8]]) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream"],
            body: .init { writer in
                for event in events { try await writer.write(ByteBuffer(bytes: event)) }
                try await writer.finish(nil)
            }
        )
    }
}
