import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import WhyOps

/// An HTTP server on a port of its own that answers as a test says, and keeps what came.
final class ServiceDouble: Sendable {
    struct Request: Sendable {
        var path = ""
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []

        var text: String { String(decoding: body, as: UTF8.self) }
        /// The events in the body, be it one or an array.
        var events: [JSONValue] {
            guard let root = try? JSONDocument(body).root else { return [] }
            return root.kind == .array ? root.children : [root]
        }
    }

    enum Answer: Sendable {
        case status(Int, _ body: String = "{}", headers: [String: String] = [:])
        /// The connection is closed without an answer.
        case close
        /// Nothing comes.
        case silence
        /// A head comes, and of the body nothing.
        case head

        static let accepted = Answer.status(202, #"{"success":true,"accepted":true,"queuedCount":1}"#)
        static let registered = Answer.status(
            201,
            #"{"success":true,"agentId":"a1","agentVersionId":"v1","status":"created","versionHash":"h"}"#
        )
    }

    /// Answers a request for events; the number counts them from 1.
    typealias Script = @Sendable (_ request: Request, _ number: Int) -> Answer

    private struct State {
        var requests: [Request] = []
        var registrations: [Request] = []
    }

    private let state = Mutex(State())
    private let channel = Mutex<(any Channel)?>(nil)
    private let events: Script
    private let registration: Script

    private init(events: @escaping Script, registration: @escaping Script) {
        self.events = events
        self.registration = registration
    }

    /// Runs `body` with a server that answers so.
    static func with<Value>(
        events: @escaping Script = { _, _ in .accepted },
        registration: @escaping Script = { _, _ in .registered },
        _ body: (ServiceDouble) async throws -> Value
    ) async throws -> Value {
        let service = ServiceDouble(events: events, registration: registration)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(service: service))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        service.channel.withLock { $0 = channel }
        do {
            let value = try await body(service)
            try await channel.close()
            return value
        } catch {
            try? await channel.close()
            throw error
        }
    }

    var url: String { "http://127.0.0.1:\(channel.withLock { $0?.localAddress?.port } ?? 0)" }
    /// Requests for events, in order.
    var requests: [Request] { state.withLock { $0.requests } }
    /// Registrations of agents, in order.
    var registrations: [Request] { state.withLock { $0.registrations } }

    fileprivate func answer(_ request: Request) -> Answer {
        let isEvent = request.path.contains("/events/")
        let number = state.withLock { state in
            if isEvent { state.requests.append(request) } else { state.registrations.append(request) }
            return isEvent ? state.requests.count : state.registrations.count
        }
        return isEvent ? events(request, number) : registration(request, number)
    }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let service: ServiceDouble
    private var request = ServiceDouble.Request()

    init(service: ServiceDouble) { self.service = service }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = ServiceDouble.Request(path: head.uri, headers: head.headers.map { ($0.name, $0.value) })
        case .body(let part): request.body += Array(part.readableBytesView)
        case .end:
            switch service.answer(request) {
            case .silence: break
            case .head:
                let fields: HTTPHeaders = ["content-length": "2"]
                let head = HTTPResponseHead(version: .http1_1, status: .accepted, headers: fields)
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            case .close: context.close(promise: nil)
            case .status(let status, let body, let headers):
                var fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
                fields.add(name: "content-length", value: String(body.utf8.count))
                let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
