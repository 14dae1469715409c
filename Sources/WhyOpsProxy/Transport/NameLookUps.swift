import NIOCore
import NIOPosix
import Synchronization
import WhyOpsStore

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
/// ask for it. An environment has a quarter of the threads at once, so that its many slow names do not, either (PRX-158).
/// What waits is bounded: who waits longer than connecting may take gives up by himself.
final class NameLookUps: Sendable {
    typealias LookUp = @Sendable (_ host: String, _ port: Int, _ family: Int32) -> [SocketAddress]

    private struct Question: Hashable {
        let host: String
        let port: Int
        let family: Int32
    }

    /// What becomes of who asks.
    private enum Place {
        case runs, waits, refused
    }

    /// What an environment asks for.
    private struct Share {
        /// How many threads it has.
        var running = 0
        /// What waits for one of them.
        var waiting: CircularBuffer<Question> = []

        var open: Int { running + waiting.count }
    }

    private struct State {
        /// Who waits for the answer to each question that is open.
        var questions: [Question: [EventLoopPromise<[SocketAddress]>]] = [:]
        var shares: [EnvironmentName?: Share] = [:]
    }

    private let threads: NIOThreadPool
    private let maximumOpen: Int
    private let maximumRunning: Int
    private let maximumOpenOfOne: Int
    private let lookUp: LookUp
    private let state = Mutex(State())

    /// For the addresses that the operator's own settings name: no tenant's names stand in their way.
    static let ofOperator = NameLookUps(threads: 8)
    /// For the providers of the store.
    static let ofTenants = NameLookUps(threads: 64, isShared: true)

    /// - Parameters:
    ///   - threads: how many names may be slow at once before another one has to wait.
    ///   - maximumOpen: the most names that are being looked up or wait for it; one more stands for nothing.
    ///   - isShared: whether one environment may have no more than a quarter of both.
    init(
        threads: Int,
        maximumOpen: Int = 1024,
        isShared: Bool = false,
        lookUp: @escaping LookUp = NameLookUps.system
    ) {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.maximumOpen = maximumOpen
        maximumRunning = isShared ? max(1, threads / 4) : threads
        maximumOpenOfOne = isShared ? max(1, maximumOpen / 4) : maximumOpen
        self.lookUp = lookUp
        self.threads.start()
    }

    deinit {
        threads.shutdownGracefully { _ in }
    }

    /// Tells what a name stands for now, in the system's order.
    ///
    /// - Parameter owner: whose provider it is for. Who asks for a name that another one asks for shares the answer.
    func addresses(
        of host: String,
        port: Int,
        family: Int32,
        for owner: EnvironmentName?,
        _ promise: EventLoopPromise<[SocketAddress]>
    ) {
        let question = Question(host: host, port: port, family: family)
        let place = state.withLock { state -> Place in
            if state.questions[question] != nil {
                state.questions[question]?.append(promise)
                return .waits
            }
            var share = state.shares[owner] ?? Share()
            if state.questions.count >= maximumOpen || share.open >= maximumOpenOfOne { return .refused }
            state.questions[question] = [promise]
            defer { state.shares[owner] = share }
            if share.running >= maximumRunning {
                share.waiting.append(question)
                return .waits
            }
            share.running += 1
            return .runs
        }
        switch place {
        case .runs: run(question, for: owner)
        case .waits: break
        case .refused: promise.succeed([])
        }
    }

    private func run(_ question: Question, for owner: EnvironmentName?) {
        threads.submit { [lookUp] state in
            var found: [SocketAddress] = []
            if case .active = state { found = lookUp(question.host, question.port, question.family) }
            let (promises, next) = self.state.withLock { state in
                (state.questions.removeValue(forKey: question) ?? [], Self.next(of: owner, &state.shares))
            }
            for promise in promises { promise.succeed(found) }
            if let next { self.run(next, for: owner) }
        }
    }

    /// What the thread of an environment does next.
    private static func next(of owner: EnvironmentName?, _ shares: inout [EnvironmentName?: Share]) -> Question? {
        if let next = shares[owner]?.waiting.popFirst() { return next }
        shares[owner]?.running -= 1
        if shares[owner]?.open == 0 { shares[owner] = nil }
        return nil
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
