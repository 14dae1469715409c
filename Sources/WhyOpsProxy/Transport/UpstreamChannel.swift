import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS

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
    let edge = ReplyEdge()
    /// Since when nothing uses it.
    private(set) var idleSince = NIODeadline.now()
    /// How long it may be so: less where the upstream says that it waits less (PRX-123).
    private(set) var patience = UpstreamChannel.longestPatience
    /// Whether a request can be sent, as far as TLS is concerned.
    private var isReady: Bool
    private var whenReady: ((UpstreamFault?) -> Void)?

    static let longestPatience = TimeAmount.seconds(30)

    init(origin: UpstreamOrigin, pool: UpstreamPool) {
        self.origin = origin
        self.pool = pool
        isReady = !origin.isSecure
    }

    var isInUse: Bool { exchange != nil }
    var isActive: Bool { context?.channel.isActive == true }
    /// Whether its upstream may have had enough of waiting.
    var isStale: Bool { NIODeadline.now() - idleSince >= patience }
    var isWritable: Bool { context?.channel.isWritable == true }

    // MARK: For the pool

    /// Tells once when a request can be sent, or why none can: with TLS that is known after its handshake.
    func prepare(_ done: @escaping (UpstreamFault?) -> Void) {
        if isReady { return done(nil) }
        guard isActive else { return done(.broken("the connection has ended")) }
        whenReady = done
        read()
    }

    /// The handshake has taken too long.
    func giveUp() {
        ready(.slow)
        abort()
    }

    private func ready(_ fault: UpstreamFault?) {
        let done = whenReady
        whenReady = nil
        done?(fault)
    }

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
        promise.futureResult.assumeIsolated().whenSuccess {
            // No other request begins before this one is sent.
            self.isRequestSent = true
            self.exchange?.requestSent()
        }
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
        edge.channel = self
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        edge.channel = nil
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
            patience = Self.patience(head.headers)
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

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            isReady = true
            ready(nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A second less than the upstream says in `Keep-Alive: timeout=N`, since its clock began before ours.
    private static func patience(_ headers: HTTPHeaders) -> TimeAmount {
        for value in headers[canonicalForm: "keep-alive"] {
            let parts = value.split(separator: "=", maxSplits: 1)
            if parts.count == 2, String(parts[0]).isSameHeader(as: "timeout"), let seconds = Int64(parts[1]) {
                return min(.seconds(max(0, min(seconds, 3600) - 1)), longestPatience)
            }
        }
        return longestPatience
    }

    private func leave(_ fault: UpstreamFault) {
        ready(fault)
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
