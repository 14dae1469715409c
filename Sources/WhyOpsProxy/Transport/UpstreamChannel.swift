import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A connection to an upstream: carries one request after another, and tells what comes back.
final class UpstreamChannel: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    let origin: UpstreamOrigin
    private let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var exchange: UpstreamExchange?
    private var isReading = false
    private var isRequestSent = false
    private var isReplyKeepAlive = false
    /// Whether a request and its reply are over in the read that is being worked on.
    private var isDone = false
    /// Where the bytes come in.
    private(set) lazy var edge = ReplyEdge(channel: self)
    /// Since when nothing uses it.
    private(set) var idleSince = NIODeadline.now()

    init(origin: UpstreamOrigin, pool: UpstreamPool) {
        self.origin = origin
        self.pool = pool
    }

    var isInUse: Bool { exchange != nil }
    var isActive: Bool { context?.channel.isActive == true }
    var isWritable: Bool { context?.channel.isWritable == true }

    // MARK: For the exchange

    /// Sends the head of a request, and its body where that is whole.
    func begin(_ exchange: UpstreamExchange) {
        guard let context else { return exchange.fail(.broken("the connection has ended")) }
        self.exchange = exchange
        isRequestSent = false
        isReplyKeepAlive = false
        edge.begin()
        let request = exchange.request
        var headers: [(String, String)] = [("host", request.origin.authority)]
        headers.reserveCapacity(request.headers.fields.count + 2)
        for field in request.headers.fields { headers.append((field.name, field.value)) }
        switch request.body {
        case .none:
            if ["POST", "PUT", "PATCH"].contains(request.method) { headers.append(("content-length", "0")) }
        case .whole(let bytes): headers.append(("content-length", String(bytes.count)))
        case .streamed(let length?): headers.append(("content-length", String(length)))
        case .streamed(nil): headers.append(("transfer-encoding", "chunked"))
        }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: request.method),
            uri: request.target,
            headers: HTTPHeaders(headers)
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        switch request.body {
        case .whole(let bytes):
            if !bytes.isEmpty { send(ByteBuffer(bytes: bytes)) }
            end()
        case .none: end()
        case .streamed: context.flush()
        }
        read()
    }

    func send(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    func end() {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { self.isRequestSent = true }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }

    /// Lets more of the reply come.
    func read() {
        guard !isReading, let context else { return }
        isReading = true
        context.read()
    }

    /// Ends the connection in order; nothing more is told.
    func close() {
        exchange = nil
        context?.close(promise: nil)
    }

    /// Cuts the connection off at once: with TLS the end in order waits for the other side's (PRX-108).
    func abort() {
        exchange = nil
        isDone = false
        guard let context else { return }
        if origin.isSecure,
            let secure = try? context.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
        {
            return secure.close(mode: .all, promise: nil)
        }
        context.close(promise: nil)
    }

    /// Something came that is part of no reply.
    func spoil() {
        pool.remove(self)
        abort()
    }

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Nothing was asked: what comes now can be part of no reply.
        guard let exchange else { return spoil() }
        switch unwrapInboundIn(data) {
        case .head(let head):
            // Nobody asked to switch protocols.
            if head.status.code == 101 {
                return exchange.fail(.broken("it switched protocols"))
            }
            let isBodyless = exchange.request.method == "HEAD" || head.status.code == 204 || head.status.code == 304
            edge.replied(head, isBodyless: isBodyless)
            isReplyKeepAlive = head.isKeepAlive
            exchange.replied(head)
        case .body(let bytes):
            exchange.received(bytes)
        case .end:
            self.exchange = nil
            if !isRequestSent {
                // The rest of an upload that was answered before it was whole would be taken for a request (PRX-109).
                abort()
            } else if isReplyKeepAlive, edge.isClean, context.channel.isActive {
                isDone = true
            } else {
                context.close(promise: nil)
            }
            exchange.ended()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if isDone {
            // Nothing came behind the reply.
            isDone = false
            idleSince = .now()
            pool.put(self)
        }
        // While it is idle a read is open too, so that whatever comes is seen.
        if exchange?.readComplete() ?? true { read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { exchange?.uploadReady() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isDone = false
        pool.remove(self)
        leave(.broken("the connection was closed"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isDone = false
        pool.remove(self)
        leave(.broken(Self.reason(error)))
        context.close(promise: nil)
    }

    private func leave(_ fault: UpstreamFault) {
        guard let exchange else { return }
        self.exchange = nil
        exchange.fail(fault)
    }

    /// The kind of a failure, without anything of what was sent.
    static func reason(_ error: any Error) -> String {
        switch error {
        case is NIOConnectionError: "connection refused or host unknown"
        case let error as IOError: "I/O error \(error.errnoCode)"
        case is HTTPParserError: "the reply is not HTTP"
        default: String(describing: type(of: error))
        }
    }
}
