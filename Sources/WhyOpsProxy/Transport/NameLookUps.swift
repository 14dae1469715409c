import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Looks names of hosts up, on threads of its own: the system's look-up blocks for as long as a name server lets it, and
/// a tenant may choose whose server that is (PRX-150).
///
/// A name takes one thread for each family however many want to know, so that a slow one holds nobody up but those who
/// ask for it. What waits is bounded: who waits longer than connecting may take gives up by himself.
final class NameLookUps: Sendable {
    typealias LookUp = @Sendable (_ host: String, _ port: Int, _ family: Int32) -> [SocketAddress]

    private struct Question: Hashable {
        let host: String
        let port: Int
        let family: Int32
    }

    /// What becomes of who asks.
    private enum Place {
        case first, joined, refused
    }

    private let threads: NIOThreadPool
    private let maximumOpen: Int
    private let lookUp: LookUp
    /// Who waits for the answer to each question that is open.
    private let questions = Mutex<[Question: [EventLoopPromise<[SocketAddress]>]]>([:])

    /// For the addresses that the operator's own settings name: no tenant's names stand in their way.
    static let ofOperator = NameLookUps(threads: 8)
    /// For the providers of the store.
    static let ofTenants = NameLookUps(threads: 64)

    /// - Parameters:
    ///   - threads: how many names may be slow at once before another one has to wait.
    ///   - maximumOpen: the most names that are being looked up or wait for it; one more stands for nothing.
    init(threads: Int, maximumOpen: Int = 1024, lookUp: @escaping LookUp = NameLookUps.system) {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.maximumOpen = maximumOpen
        self.lookUp = lookUp
        self.threads.start()
    }

    deinit {
        threads.shutdownGracefully { _ in }
    }

    /// Tells what a name stands for now, in the system's order.
    func addresses(of host: String, port: Int, family: Int32, _ promise: EventLoopPromise<[SocketAddress]>) {
        let question = Question(host: host, port: port, family: family)
        let place = questions.withLock { questions -> Place in
            if questions[question] != nil {
                questions[question]?.append(promise)
                return .joined
            }
            if questions.count >= maximumOpen { return .refused }
            questions[question] = [promise]
            return .first
        }
        switch place {
        case .first: break
        case .joined: return
        case .refused: return promise.succeed([])
        }
        threads.submit { [lookUp] state in
            var found: [SocketAddress] = []
            if case .active = state { found = lookUp(host, port, family) }
            for promise in self.questions.withLock({ $0.removeValue(forKey: question) }) ?? [] {
                promise.succeed(found)
            }
        }
    }

    /// What the system says; nothing where it knows none.
    static let system: LookUp = { host, port, family in
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
