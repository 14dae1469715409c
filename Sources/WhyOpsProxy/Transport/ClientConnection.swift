import NIOCore
import NIOHTTP1
import WhyOpsEdge
import WhyOpsGzip

/// A client's connection: takes its requests one after another, each with its reply.
///
/// Everything happens on the connection's event loop. What is not wanted yet is not read, so a slow upstream holds a
/// fast client back, and of requests that were sent ahead no more is held than one read.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// What becomes of the parts that come in.
    enum Intake {
        /// The next part is a head.
        case idle
        /// Nobody has said yet what the body is for.
        case held
        /// The body is read whole.
        case collecting
        /// The body goes upstream as it comes.
        case forwarding
        /// The body is of no interest any more.
        case discarding
        /// The request is in.
        case ended
    }

    /// How far the reply is.
    enum Progress {
        case waiting, begun, ended
    }

    let state: LoopState
    let timer: DeadlineTimer
    var context: ChannelHandlerContext?
    var intake = Intake.idle
    var progress = Progress.waiting
    /// Tells requests apart, so that a late answer meets no later one.
    var turn = 0
    var head = ClientConnection.noHead
    var body: [UInt8] = []
    var bodyLimit = 0
    /// What the body takes of the bytes that all of them may.
    var held = BodyBudget.Share()
    /// Where the page comes from that sends the request, as `Origin` says.
    var origins: [String] = []
    /// Whether the client waits with its body until it is asked for.
    var isExpecting = false
    /// How much of the body has come, before it is decoded.
    var received = 0
    var decoder: GzipDecoder?
    var discarded = 0
    /// Since when the body may come.
    var bodyBegan = NIODeadline.now()
    var whenCollected: (@Sendable (CollectedBody) throws -> Lookup<ProxyStep>)?
    /// Who is asked what to do with the request.
    var asking: Task<Void, Never>?
    var exchange: UpstreamExchange?
    /// Whether the head of the upstream's reply has come.
    var hasUpstreamSpoken = false
    /// When the upstream's reply must have ended.
    var upstreamDeadline: NIODeadline?
    var ownTime = OwnTime()
    /// The place of the exchange among those that are under way.
    var slot: ExchangeSlot?
    private(set) var client: IPAddress?
    private(set) var isRefused = false
    /// What is told of the request when it has ended; `nil` between two of them.
    var record: RequestRecord?
    /// Headers of ours that the reply has, whoever makes it.
    var replyHeaders: [(name: String, value: String)] = []
    /// Whether something came that is no request; those before it are still answered.
    var isSpoiled = false
    /// Whether the connection ends with this reply.
    var isLast = false
    /// Whether the connection ends because the proxy does.
    var isCutOff = false
    var hasUnflushed = false
    /// Whether the reply's head lets a body follow.
    var hasBody = false
    /// Whether nothing but the end of the connection tells where the body ends.
    var isEndless = false
    /// How many replies have ended but are not written out.
    var unsentReplies = 0
    /// How much of the reply was given out since all but a little of it was taken, in bytes.
    var untaken = 0
    /// How much was not written out when a wait for the client to take some of it began, in bytes.
    var unsentBytes = 0
    var waiting = CircularBuffer<HTTPServerRequestPart>()
    private var isReading = false
    private var isTaking = false

    /// Stands for a request whose head could not be read.
    static let noHead = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
    /// How long a client may be silent on a connection that is one too many, in seconds.
    static let shortPatience = 5.0
    /// How slowly a body may come that the proxy itself reads, in bytes per second (PRX-114).
    static let slowestBody = 1024.0
    /// How long a connection stays open after its end, so that the client can read its last reply, in seconds.
    static let lingering = 2.0
    /// How much of a reply's end may wait for the client although its exchange counts as over, in bytes (PRX-94).
    static let smallRest = 64 << 10
    /// How much of a body is read that is of no interest, in bytes; then the connection is ended.
    static let maximumDiscarded = 256 << 20

    init(state: LoopState) {
        self.state = state
        timer = DeadlineTimer(loop: state.loop)
    }

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer.onExpiry { self.expire() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer.cancel()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        state.add(self)
        let place = state.responder.services.connections.enter()
        if place == .dropped {
            state.responder.services.requestLog.refusedConnection()
            return context.close(promise: nil)
        }
        isRefused = place == .refused
        client = context.channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        if place == .refused { state.responder.services.requestLog.refusedConnection() }
        timer.wait(seconds: isRefused ? min(Self.shortPatience, limits.silence) : limits.silence)
        read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        state.responder.services.connections.leave()
        state.remove(self)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waiting.append(unwrapInboundIn(data))
        takeWaiting()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        exchange?.flush()
        read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            untaken = 0
            if let exchange {
                waitForUpstream()
                exchange.resume()
            }
            // Requests that were sent ahead wait while the client does not take its replies (PRX-107).
            takeWaiting()
            read()
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Taking parts

    private var takesParts: Bool {
        switch intake {
        case .idle: !isLast && context?.channel.isWritable == true
        case .collecting, .discarding: true
        case .forwarding: exchange?.takesBody ?? false
        case .held, .ended: false
        }
    }

    /// Works off what is there. It may be called from anywhere in the work itself.
    func takeWaiting() {
        if isTaking { return }
        isTaking = true
        while takesParts, let part = waiting.popFirst() { take(part) }
        isTaking = false
    }

    /// Reads on where there is a use for it. One read stays open while a reply is awaited, for what it may tell.
    func read() {
        guard !isReading, waiting.isEmpty, let context else { return }
        if intake == .forwarding || intake == .idle, !takesParts { return }
        isReading = true
        context.read()
    }

    private func take(_ part: HTTPServerRequestPart) {
        if case .body(let bytes) = part { record?.received += bytes.readableBytes }
        switch (intake, part) {
        case (.idle, .head(let head)): begin(head)
        case (.collecting, .body(let bytes)): collect(bytes)
        case (.collecting, .end): endCollecting()
        case (.forwarding, .body(let bytes)):
            exchange?.send(bytes)
            if exchange?.takesBody == false { exchange?.flush() }
            waitForUpstream()
        case (.forwarding, .end):
            intake = .ended
            exchange?.endBody()
            waitForUpstream()
        case (.discarding, .body(let bytes)):
            discarded += bytes.readableBytes
            if progress != .ended || !isLast { waitForBody() }
            if discarded > Self.maximumDiscarded { abandon() }
        case (.discarding, .end):
            intake = .ended
            if progress == .ended { next() }
        default: abandon()
        }
    }

    /// Begins with the next request, or ends the connection when its replies are out.
    func next() {
        if isLast || state.isDraining {
            isLast = true
            if unsentReplies == 0 { return close() }
        } else {
            intake = .idle
            progress = .waiting
            discarded = 0
        }
        waitForClient()
        takeWaiting()
        read()
    }

    /// Whether a part begins a request.
    static func isHead(_ part: HTTPServerRequestPart) -> Bool {
        if case .head = part { true } else { false }
    }

    /// Whether a part ends a request.
    static func isEnd(_ part: HTTPServerRequestPart) -> Bool {
        if case .end = part { true } else { false }
    }
}
