import NIOCore
import NIOHTTP1
import NIOPosix

/// A connection to an upstream: carries one request after another, and tells what comes back.
final class UpstreamChannel: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    let origin: UpstreamOrigin
    private unowned let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var exchange: UpstreamExchange?
    private var isReading = false
    private var isRequestSent = false
    private var isReplyKeepAlive = false
    /// Since when nothing uses it.
    private(set) var idleSince = NIODeadline.now()

    init(origin: UpstreamOrigin, pool: UpstreamPool) {
        self.origin = origin
        self.pool = pool
    }

    var isActive: Bool { context?.channel.isActive == true }
    var isWritable: Bool { context?.channel.isWritable == true }

    // MARK: For the exchange

    /// Sends the head of a request, and its body where that is whole.
    func begin(_ exchange: UpstreamExchange) {
        guard let context else { return exchange.fail(.broken("the connection has ended")) }
        self.exchange = exchange
        isRequestSent = false
        isReplyKeepAlive = false
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
        isRequestSent = true
        context?.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Lets more of the reply come.
    func read() {
        guard !isReading, let context else { return }
        isReading = true
        context.read()
    }

    /// Ends the connection; nothing more is told.
    func close() {
        exchange = nil
        context?.close(promise: nil)
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
        guard let exchange else { return context.close(promise: nil) }
        switch unwrapInboundIn(data) {
        case .head(let head):
            // Nobody asked to switch protocols.
            if head.status.code == 101 {
                leave(.broken("it switched protocols"))
                return context.close(promise: nil)
            }
            isReplyKeepAlive = head.isKeepAlive
            exchange.replied(head)
        case .body(let bytes):
            exchange.received(bytes)
        case .end:
            self.exchange = nil
            // An upstream that has answered an upload before it was whole would take the rest for a request.
            if isReplyKeepAlive, isRequestSent, context.channel.isActive {
                idleSince = .now()
                pool.put(self)
            } else {
                context.close(promise: nil)
            }
            exchange.ended()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        // While it is idle a read is open too, so that whatever comes is seen.
        if exchange?.readComplete() ?? true { read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { exchange?.uploadReady() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        pool.remove(self)
        leave(.broken("the connection was closed"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
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
