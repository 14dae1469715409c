package import Hummingbird
import NIOCore
import WhyOpsEdge

/// What is known of a request before anything of it is read.
package struct IngestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Whom its key is counted for where it is wrong; `nil` where there is no address, as in tests without a socket.
    let network: ClientNetwork?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        network = source.channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }.map { ClientNetwork($0) }
    }
}
