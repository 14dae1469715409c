package import Hummingbird
import Logging
import NIOCore

/// What is known of a request before anything of it is read.
package struct IngestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Where it comes from; `nil` where there is no address, as in tests without a socket.
    let address: SocketAddress?
    /// Whether there is a client that may leave before it has its answer.
    let isConnected: Bool
    /// What it came on; `nil` where that is no connection.
    let channel: (any Channel)?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress
        isConnected = true
        channel = source.channel
    }

    /// For a request that comes on no connection.
    init(logger: Logger) {
        coreContext = CoreRequestContextStorage(source: NoConnection(logger: logger))
        address = nil
        isConnected = false
        channel = nil
    }

    private struct NoConnection: RequestContextSource {
        let logger: Logger
    }
}

extension Request {
    /// Does something that ends with its client: who leaves takes the work with it (ING-112). The connection has to be closed
    /// after it.
    func whileConnected<Value: Sendable>(
        _ context: IngestContext,
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        // A request that came on no connection has nobody who leaves.
        guard context.isConnected else { return try await body() }
        return try await self.body.consumeWithCancellationOnInboundClose { _ in try await body() }
    }
}
