import Dispatch
import NIOCore
import NIOPosix

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
    typealias LookUp = @Sendable (_ host: String, _ port: Int, _ family: Int32) -> [SocketAddress]

    private let loop: any EventLoop
    private let reach: UpstreamReach
    private let lookUp: LookUp

    /// Look-ups wait for servers that a tenant may choose; they hold up nothing but each other.
    private static let queue = DispatchQueue(label: "whyops.names", attributes: .concurrent)

    init(loop: any EventLoop, reach: UpstreamReach, lookUp: @escaping LookUp = CheckedResolver.system) {
        self.loop = loop
        self.reach = reach
        self.lookUp = lookUp
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
        Self.queue.async { [lookUp, reach] in
            promise.succeed(lookUp(host, port, family).filter { reach.admits($0) })
        }
        return promise.futureResult
    }

    /// What the system says, in its order; nothing where it knows none.
    private static let system: LookUp = { host, port, family in
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = family
        // TCP alone: else each address would come once for each kind of socket.
        unsafe hints.ai_protocol = Int32(IPPROTO_TCP)
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &first) == 0 else { return [] }
        defer { unsafe freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr {
                // The family that was asked for says which structure it is.
                found.append(
                    family == AF_INET
                        ? unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                            unsafe SocketAddress($0.pointee)
                        }
                        : unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                            unsafe SocketAddress($0.pointee)
                        }
                )
            }
            unsafe next = unsafe entry.pointee.ai_next
        }
        return found
    }
}
