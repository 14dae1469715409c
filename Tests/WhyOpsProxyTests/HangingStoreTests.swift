import NIOCore
import NIOPosix
import Testing
import WhyOps

@testable import WhyOpsProxy
@testable import WhyOpsStore

/// A proxy over a store that answers nobody (PRX-151).
struct HangingStoreTests {
    private final class Conversation: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let request: String
        private let end: EventLoopPromise<String>
        private var answer = ""

        init(_ request: String, _ end: EventLoopPromise<String>) {
            self.request = request
            self.end = end
        }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            answer += String(buffer: unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) { end.succeed(answer) }
    }

    /// What a request gets on a connection of its own.
    private func ask(_ port: Int, _ path: String, key: String, post body: String? = nil) async throws -> String {
        let group = MultiThreadedEventLoopGroup.singleton
        let end = group.next().makePromise(of: String.self)
        var request = "\(body == nil ? "GET" : "POST") \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n"
        if let body { request += "Content-Length: \(body.utf8.count)\r\n" }
        request += "Connection: close\r\n\r\n" + (body ?? "")
        _ = try await ClientBootstrap(group: group)
            .channelInitializer { [request] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Conversation(request, end))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        return try await end.futureResult.get()
    }

    /// A proxy over a store that can be held, with a key that both know.
    private func withProxy(
        _ configuration: ProxyConfiguration = ProxyConfiguration(),
        _ body: (_ port: Int, _ key: String, SwitchedStore) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let sqlite = try await SQLiteStore.open(path: folder + "/test.sqlite", logger: quiet)
            let key = "a-key-that-is-known-here"
            _ = try await sqlite.bootstrapKey(key)
            let store = SwitchedStore(sqlite)
            var configuration = configuration
            configuration.port = 0
            let (ports, port) = AsyncStream.makeStream(of: Int.self)
            let server = ProxyServer(
                configuration: configuration,
                store: store,
                recorder: EventRecorder(store: store, logger: quiet),
                logger: quiet
            ) { port.yield($0) }
            let running = Task { try await server.run() }
            var iterator = ports.makeAsyncIterator()
            let first = await iterator.next()
            try await body(try #require(first), key, store)
            running.cancel()
            _ = await running.result
            try await sqlite.close()
        }
    }

    @Test func requestsGoOnOrAreRefused() async throws {
        try await withProxy { port, key, store in
            let other = "another-key-that-nobody-knows"
            // There is no provider, and that is known only who has asked the store for both.
            #expect(try await ask(port, "/v1/models", key: key).hasPrefix("HTTP/1.1 400 "))
            store.hold()
            // What it knows goes on, however silent the store is for others.
            let refused = try await ask(port, "/v1/models", key: other)
            #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("store_unavailable"))
            #expect(try await ask(port, "/v1/models", key: key).hasPrefix("HTTP/1.1 400 "))
            #expect(try await ask(port, "/health", key: other).hasPrefix("HTTP/1.1 200 "))
            store.release()
            var answer = ""
            while !answer.hasPrefix("HTTP/1.1 401 ") { answer = try await ask(port, "/v1/models", key: other) }
        }
    }

    /// PRX-157: what the store has not done yet does not make room for more of it.
    @Test func aRegistrationThatHangsKeepsItsPlace() async throws {
        var configuration = ProxyConfiguration()
        configuration.maximumExchanges = 1
        configuration.registrationLimit = .milliseconds(100)
        try await withProxy(configuration) { port, key, store in
            #expect(try await ask(port, "/v1/models", key: key).hasPrefix("HTTP/1.1 400 "))
            store.hold()
            let agent = #"{"agentName":"a","metadata":{"systemPrompt":"s","tools":[]}}"#
            let unanswered = try await ask(port, "/v1/agents/init", key: key, post: agent)
            #expect(unanswered.hasPrefix("HTTP/1.1 503 ") && unanswered.contains("store_unavailable"))
            let refused = try await ask(port, "/v1/models", key: key)
            #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("proxy_busy"))
            store.release()
            var answer = ""
            while !answer.hasPrefix("HTTP/1.1 400 ") { answer = try await ask(port, "/v1/models", key: key) }
        }
    }
}
