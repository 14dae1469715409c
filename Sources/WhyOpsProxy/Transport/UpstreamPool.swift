import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import WhyOpsStore

/// The open connections to upstreams of one event loop, those used last first.
final class UpstreamPool {
    private let loop: any EventLoop
    private let limits: UpstreamTimeouts
    private let security: NIOSSLContext
    private let maximumIdle: Int
    private var idle: [UpstreamOrigin: [UpstreamChannel]] = [:]
    private var idleCount = 0
    private var sweep: Scheduled<Void>?
    private var isClosed = false

    /// The most connections that the pools of all event loops keep open together (PRX-121).
    static let maximumIdleInAll = 1024
    private static let decoderLimits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 64 * 1024
        limits.maxHeaderListSize = 256 * 1024
        return limits
    }()

    /// - Parameter loopCount: how many pools there are.
    init(loop: any EventLoop, loopCount: Int, limits: UpstreamTimeouts, security: NIOSSLContext) {
        maximumIdle = max(1, Self.maximumIdleInAll / loopCount)
        self.loop = loop
        self.limits = limits
        self.security = security
    }

    /// An open connection that nothing uses.
    func take(_ origin: UpstreamOrigin) -> UpstreamChannel? {
        while let channel = idle[origin]?.popLast() {
            idleCount -= 1
            if channel.isActive, !channel.isStale { return channel }
            channel.close()
        }
        return nil
    }

    /// Keeps a connection for the next request.
    func put(_ channel: UpstreamChannel) {
        if isClosed || channel.isStale { return channel.close() }
        if idleCount >= maximumIdle { closeOldest() }
        idle[channel.origin, default: []].append(channel)
        idleCount += 1
        if sweep == nil { scheduleSweep() }
    }

    /// Makes room: nobody's many upstreams keep another one's connections from being used again.
    private func closeOldest() {
        let oldest = idle.values.compactMap(\.first).min { $0.idleSince < $1.idleSince }
        guard let oldest else { return }
        remove(oldest)
        oldest.close()
    }

    /// Forgets a connection that has ended.
    func remove(_ channel: UpstreamChannel) {
        guard let place = idle[channel.origin]?.firstIndex(where: { $0 === channel }) else { return }
        idle[channel.origin]?.remove(at: place)
        if idle[channel.origin]?.isEmpty == true { idle[channel.origin] = nil }
        idleCount -= 1
    }

    /// Closes what is idle, now and from now on.
    func close() {
        isClosed = true
        sweep?.cancel()
        sweep = nil
        let channels = idle.values.joined()
        idle = [:]
        idleCount = 0
        for channel in channels { channel.close() }
    }

    /// Opens a connection, with its TLS where that is asked for (PRX-51).
    ///
    /// - Parameter owner: whose provider it is, which shares the look-ups of names.
    func connect(
        _ origin: UpstreamOrigin,
        of owner: EnvironmentName?,
        _ done: @escaping (Result<UpstreamChannel, UpstreamFault>) -> Void
    ) {
        let pool = NIOLoopBound(self, eventLoop: loop)
        let isChecked = origin.reach != .anywhere
        let connect = TimeAmount.nanoseconds(Int64(min(limits.connect, 1e9) * 1e9))
        let deadline = NIODeadline.now() + connect
        ClientBootstrap(group: loop)
            .resolver(CheckedResolver(loop: loop, reach: origin.reach, owner: owner))
            .connectTimeout(connect)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: ReceiveBuffers())
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try pool.value.configure(channel, origin)
                }
            }
            .connect(host: origin.host, port: origin.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel) where !origin.reach.admits(channel.remoteAddress):
                    // Only what was checked is connected to; should it ever not be so, nothing is sent.
                    channel.close(promise: nil)
                    done(.failure(Self.unreachable))
                case .success(let channel):
                    self.prepare(channel, before: deadline, done)
                case .failure(let error):
                    let fault = Self.fault(error)
                    done(.failure(isChecked && fault != .slow ? Self.unreachable : fault))
                }
            }
    }

    private func prepare(
        _ channel: any Channel,
        before deadline: NIODeadline,
        _ done: @escaping (Result<UpstreamChannel, UpstreamFault>) -> Void
    ) {
        guard let upstream = try? channel.pipeline.syncOperations.handler(type: UpstreamChannel.self) else {
            return done(.failure(.broken("the connection has ended")))
        }
        let timer = loop.assumeIsolated().scheduleTask(deadline: deadline) { upstream.giveUp() }
        upstream.prepare { fault in
            timer.cancel()
            done(fault.map { .failure($0) } ?? .success(upstream))
        }
    }

    private func configure(_ channel: any Channel, _ origin: UpstreamOrigin) throws {
        let pipeline = channel.pipeline.syncOperations
        if origin.isSecure {
            // Certificates name hosts; where the host is an address it is checked as one.
            let isAddress = (try? SocketAddress(ipAddress: origin.host, port: 0)) != nil
            try pipeline.addHandler(
                NIOSSLClientHandler(context: security, serverHostname: isAddress ? nil : origin.host)
            )
        }
        let end = UpstreamChannel(origin: origin, pool: self)
        try pipeline.addHandler(end.edge)
        var encoding = HTTPRequestEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        try pipeline.addHandler(HTTPRequestEncoder(configuration: encoding))
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: Self.decoderLimits)
            )
        )
        try pipeline.addHandler(end)
    }

    /// What is told of a tenant's provider that no connection can be made to. The same for a name that stands for
    /// nothing, for an address that is forbidden and for a port that is closed: it must not tell them apart (PRX-46).
    private static let unreachable = UpstreamFault.broken("no connection can be made to an address that it may have")

    private static func fault(_ error: any Error) -> UpstreamFault {
        switch error {
        case ChannelError.connectTimeout: return .slow
        case let error as NIOConnectionError:
            let isSlow = error.connectionErrors.contains {
                if case ChannelError.connectTimeout = $0.error { return true }
                return false
            }
            return isSlow ? .slow : .broken(UpstreamChannel.reason(error))
        default: return .broken(UpstreamChannel.reason(error))
        }
    }

    private func scheduleSweep() {
        sweep = loop.assumeIsolated().scheduleTask(in: .seconds(5)) {
            self.sweep = nil
            for (origin, channels) in self.idle {
                let kept = channels.filter { !$0.isStale }
                self.idle[origin] = kept.isEmpty ? nil : kept
                self.idleCount -= channels.count - kept.count
                for channel in channels where channel.isStale { channel.close() }
            }
            if !self.idle.isEmpty { self.scheduleSweep() }
        }
    }
}
