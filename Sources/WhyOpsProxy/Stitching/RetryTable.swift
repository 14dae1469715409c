import Synchronization
import WhyOps
import WhyOpsStore

/// The first attempts of requests that may be sent again, for some minutes (EXC-71, EXC-72).
final class RetryTable: Sendable {
    /// What two attempts have in common. Texts are compared by the digest of what was said, so that no body is read twice.
    struct Request: Hashable {
        let environment: String
        let agent: String
        let user: String?
        let byteCount: Int
        let digest: [UInt8]
    }

    /// An attempt as its events name it.
    struct Attempt: Hashable {
        let span: String
        let trace: String
    }

    fileprivate enum Name: Hashable {
        case said(Request)
        case key(String, Request)
    }

    fileprivate struct Generations {
        /// `nil` where several attempts said that they were the first.
        var young: [Name: Attempt?] = [:]
        var old: [Name: Attempt?] = [:]
        var since: ContinuousClock.Instant
    }

    private let generations: Mutex<Generations>
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant

    /// How long a generation takes in attempts; one is remembered for one to two of them.
    private static let period = Duration.seconds(300)
    private static let standardCapacity = 20_000

    /// - Parameter capacity: how many attempts one generation holds.
    init(
        capacity: Int = RetryTable.standardCapacity,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.capacity = capacity
        self.now = now
        generations = Mutex(Generations(since: now()))
    }

    /// Takes in an attempt, and says of which one it is a repetition.
    ///
    /// - Parameters:
    ///   - request: `nil` where nobody but the provider knows what was said.
    ///   - header: the value of the header with a lower-case name.
    func note(_ attempt: Attempt, of request: Request?, header: (String) -> String?) -> RequestRetry? {
        let counted = header("x-stainless-retry-count")
        let count = RequestRetry.count(header: counted)
        guard let request else { return RequestRetry(count: count, span: nil, trace: nil) }
        let key = header("idempotency-key").flatMap { key in
            (1...RequestRetry.maximumKeyLength).contains(key.utf8.count) ? key : nil
        }
        let first = generations.withLock { generations in
            generations.turn(after: Self.period, capacity: capacity, at: now())
            if let key {
                let name = Name.key(key, request)
                if let first = generations[name] { return first }
                generations.young[name] = attempt
            }
            let name = Name.said(request)
            if count != nil { return key == nil ? generations[name] ?? nil : nil }
            if key == nil, counted != nil {
                generations.young[name] = .some(generations[name] == nil ? attempt : nil)
            }
            return nil
        }
        return RequestRetry(count: count, span: first?.span, trace: first?.trace)
    }
}

extension RetryTable.Generations {
    fileprivate subscript(name: RetryTable.Name) -> RetryTable.Attempt?? {
        young[name] ?? old[name]
    }

    fileprivate mutating func turn(after period: Duration, capacity: Int, at now: ContinuousClock.Instant) {
        guard now - since > period || young.count >= capacity else { return }
        old = young
        young = [:]
        since = now
    }
}

extension RetryTable.Request {
    /// `nil` where nobody but the provider knows what was said.
    init?(_ lineage: Lineage, _ tenant: Tenant, agent: String, user: String?, byteCount: Int) {
        guard let digest = lineage.digest else { return nil }
        self.init(environment: tenant.environmentID, agent: agent, user: user, byteCount: byteCount, digest: digest)
    }
}
