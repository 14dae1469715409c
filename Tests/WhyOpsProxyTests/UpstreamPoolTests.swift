import NIOCore
import NIOEmbedded
import NIOSSL
import Testing

@testable import WhyOpsProxy

struct UpstreamPoolTests {
    /// PRX-155: where there is no room, the connection that was not used for longest ends.
    @Test func theOldestOfTooManyEnds() throws {
        let loop = EmbeddedEventLoop()
        let pool = UpstreamPool(
            loop: loop,
            loopCount: UpstreamPool.maximumIdleInAll / 2,
            limits: UpstreamTimeouts(),
            security: try NIOSSLContext(configuration: .makeClientConfiguration())
        )
        var origins: [UpstreamOrigin] = []
        for host in ["a", "b", "c"] {
            let origin = UpstreamOrigin(isSecure: false, host: host, port: 80)
            let upstream = UpstreamChannel(origin: origin, pool: pool)
            let channel = EmbeddedChannel(handler: upstream, loop: loop)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
            pool.put(upstream)
            origins.append(origin)
        }
        #expect(pool.take(origins[0]) == nil)
        #expect(pool.take(origins[1])?.origin == origins[1])
        #expect(pool.take(origins[2])?.origin == origins[2])
        #expect(pool.take(origins[2]) == nil)
        pool.close()
    }
}
