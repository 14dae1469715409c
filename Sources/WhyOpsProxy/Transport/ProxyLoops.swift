import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import WhyOpsEdge

/// The event loops of a proxy, each with its connections on both sides.
struct ProxyLoops: Sendable {
    private let group = MultiThreadedEventLoopGroup.singleton
    private let log: RequestLog
    private let probes: ClientProbes
    private let states: [ObjectIdentifier: NIOLoopBoundBox<LoopState>]

    private static let decoderLimits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 32 * 1024
        limits.maxHeaderListSize = 64 * 1024
        limits.maxHeaderFieldCount = 200
        return limits
    }()

    init(services: ProxyServices, security: NIOSSLContext) {
        var states: [ObjectIdentifier: NIOLoopBoundBox<LoopState>] = [:]
        let loops = Array(group.makeIterator())
        for loop in loops {
            let pool = UpstreamPool(
                loop: loop,
                loopCount: loops.count,
                limits: services.configuration.timeouts,
                security: security
            )
            let state = LoopState(loop: loop, responder: ProxyResponder(services: services), pool: pool)
            states[ObjectIdentifier(loop)] = NIOLoopBoundBox.makeBoxSendingValue(state, eventLoop: loop)
        }
        self.states = states
        log = services.requestLog
        probes = ClientProbes(silence: services.configuration.clientTimeouts.silence)
    }

    func listen(host: String, port: Int, security: ListenerSecurity?) async throws -> any Channel {
        let (log, probes) = (log, probes)
        return try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    probes.apply(to: channel)
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(log: log.listener))
                }
            }
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReceiveBuffers())
            .childChannelInitializer { [states] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let state = states[ObjectIdentifier(channel.eventLoop)]?.value else {
                        throw ChannelError.inappropriateOperationForState
                    }
                    try Self.configure(channel, state, security)
                }
            }
            .bind(host: host, port: port)
            .get()
    }

    private static func configure(
        _ channel: any Channel,
        _ state: LoopState,
        _ security: ListenerSecurity?
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let security { try pipeline.addHandler(NIOSSLServerHandler(context: security.context)) }
        var encoding = HTTPResponseEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        try pipeline.addHandler(HTTPResponseEncoder(configuration: encoding))
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoderLimits),
                // After a request to switch protocols it keeps what comes.
                maximumBufferSize: 128 << 10
            )
        )
        try pipeline.addHandler(ClientConnection(state: state))
    }

    /// Lets every connection finish what it is at, and waits for the last.
    func drain() async throws {
        let futures = states.values.map { box in
            box.eventLoop.flatSubmit { box.value.drain() }
        }
        for future in futures { try await future.get() }
    }

    /// Ends every connection at once.
    func close() {
        for box in states.values {
            box.eventLoop.execute { box.value.close() }
        }
    }
}
