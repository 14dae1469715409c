import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import WhyOpsEdge

/// Connections over TLS, each with the certificate that its files held when it began (ING-105).
struct SecureChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let security: ListenerSecurity

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: security.context))
        }
        .flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
