import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The open connections to upstreams of one event loop, those used last first.
final class UpstreamPool {
    private let loop: any EventLoop
    private let limits: UpstreamTimeouts
    private let security: NIOSSLContext
    private var idle: [UpstreamOrigin: [UpstreamChannel]] = [:]
    private var sweep: Scheduled<Void>?
    private var isClosed = false

    /// How long a connection is kept that nothing uses.
    private static let patience = TimeAmount.seconds(30)
    /// The most connections to one upstream that are kept so.
    private static let maximumIdle = 512
    private static let decoderLimits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 64 * 1024
        limits.maxHeaderListSize = 256 * 1024
        return limits
    }()

    init(loop: any EventLoop, limits: UpstreamTimeouts, security: NIOSSLContext) {
        self.loop = loop
        self.limits = limits
        self.security = security
    }

    /// An open connection that nothing uses.
    func take(_ origin: UpstreamOrigin) -> UpstreamChannel? {
        while let channel = idle[origin]?.popLast() {
            if channel.isActive { return channel }
        }
        return nil
    }

    /// Keeps a connection for the next request.
    func put(_ channel: UpstreamChannel) {
        if isClosed || idle[channel.origin, default: []].count >= Self.maximumIdle { return channel.close() }
        idle[channel.origin, default: []].append(channel)
        if sweep == nil { scheduleSweep() }
    }

    /// Forgets a connection that has ended.
    func remove(_ channel: UpstreamChannel) {
        idle[channel.origin]?.removeAll { $0 === channel }
    }

    /// Closes what is idle, now and from now on.
    func close() {
        isClosed = true
        sweep?.cancel()
        sweep = nil
        let channels = idle.values.joined()
        idle = [:]
        for channel in channels { channel.close() }
    }

    /// Opens a connection. TLS, where it is asked for, begins when the request is written.
    func connect(_ origin: UpstreamOrigin, _ done: @escaping (Result<UpstreamChannel, UpstreamFault>) -> Void) {
        let pool = NIOLoopBound(self, eventLoop: loop)
        let isChecked = origin.reach != .anywhere
        ClientBootstrap(group: loop)
            .resolver(isChecked ? CheckedResolver(loop: loop, reach: origin.reach) : nil)
            .connectTimeout(.nanoseconds(Int64(min(limits.connect, 1e9) * 1e9)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
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
                    do {
                        done(.success(try channel.pipeline.syncOperations.handler(type: UpstreamChannel.self)))
                    } catch {
                        done(.failure(.broken("the connection has ended")))
                    }
                case .failure(let error):
                    let fault = Self.fault(error)
                    done(.failure(isChecked && fault != .slow ? Self.unreachable : fault))
                }
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
            let now = NIODeadline.now()
            for (origin, channels) in self.idle {
                let old = channels.prefix { now - $0.idleSince >= Self.patience }
                self.idle[origin] = channels.count == old.count ? nil : Array(channels.dropFirst(old.count))
                for channel in old { channel.close() }
            }
            if !self.idle.isEmpty { self.scheduleSweep() }
        }
    }
}
