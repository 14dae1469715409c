import NIOCore
import NIOPosix
import WhyOpsStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Says what the name of a provider's host stands for, without the addresses that no connection may be made to (PRX-46).
///
/// A name of forbidden addresses alone stands for nothing here, as one that does not exist. What is connected to is what
/// was checked, whatever the name stands for a moment later.
final class CheckedResolver: Resolver, Sendable {
    private let loop: any EventLoop
    private let reach: UpstreamReach
    private let owner: EnvironmentName?
    private let names: NameLookUps

    init(loop: any EventLoop, reach: UpstreamReach, owner: EnvironmentName? = nil, names: NameLookUps? = nil) {
        self.loop = loop
        self.owner = owner
        self.reach = reach
        self.names = names ?? (reach == .anywhere ? .ofOperator : .ofTenants)
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses(host, port, AF_INET)
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses(host, port, AF_INET6)
    }

    func cancelQueries() {}

    private func addresses(_ host: String, _ port: Int, _ family: Int32) -> EventLoopFuture<[SocketAddress]> {
        let promise = loop.makePromise(of: [SocketAddress].self)
        names.addresses(of: host, port: port, family: family, for: owner, promise)
        if reach == .anywhere { return promise.futureResult }
        return promise.futureResult.map { [reach] in $0.filter { reach.admits($0) } }
    }
}
