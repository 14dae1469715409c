import Synchronization
import WhyOps
import WhyOpsStore

/// How many exchanges may be under way, in the whole proxy, for each key and for each environment (PRX-94, 95, 156).
final class ExchangeSlots: Sendable {
    private struct State {
        var total = 0
        /// Only keys that have any.
        var perKey: [String: Int] = [:]
        /// Only environments that have any.
        var perEnvironment: [String: Int] = [:]
    }

    private let limit: Int
    private let limitPerKey: Int
    private let limitPerEnvironment: Int
    private let state = Mutex(State())

    init(limit: Int, limitPerKey: Int) {
        self.limit = limit
        self.limitPerKey = limitPerKey
        // What the operator gives to one key its environment has, too.
        limitPerEnvironment = max(limit - limit / 4, limitPerKey)
    }

    /// Takes a place for an exchange, or tells why there is none. Nobody waits for one.
    func take(_ tenant: Tenant) -> Result<ExchangeSlot, ComeAgainLater> {
        let refusal: ComeAgainLater? = state.withLock { state in
            let ofKey = state.perKey[tenant.keyID] ?? 0
            let ofEnvironment = state.perEnvironment[tenant.environmentID] ?? 0
            if ofKey >= limitPerKey { return Self.tooMany(limitPerKey, of: "This WhyOps key has") }
            if state.total >= limit { return Self.busy }
            if ofEnvironment >= limitPerEnvironment {
                return Self.tooMany(limitPerEnvironment, of: "The keys of this environment have")
            }
            state.total += 1
            state.perKey[tenant.keyID] = ofKey + 1
            state.perEnvironment[tenant.environmentID] = ofEnvironment + 1
            return nil
        }
        if let refusal { return .failure(refusal) }
        return .success(ExchangeSlot(slots: self, tenant: tenant))
    }

    fileprivate func giveBack(_ tenant: Tenant) {
        state.withLock { state in
            state.total -= 1
            Self.takeOne(from: &state.perKey, tenant.keyID)
            Self.takeOne(from: &state.perEnvironment, tenant.environmentID)
        }
    }

    private static func takeOne(from counts: inout [String: Int], _ id: String) {
        let left = (counts[id] ?? 1) - 1
        counts[id] = left == 0 ? nil : left
    }

    private static func tooMany(_ limit: Int, of whom: String) -> ComeAgainLater {
        ComeAgainLater(
            seconds: 1,
            ProxyError(
                status: 429,
                code: "too_many_exchanges",
                message: "\(whom) \(limit) requests under way, which is as many as there may be at once. "
                    + "The limit is the proxy's, not the provider's."
            )
        )
    }

    private static let busy = ComeAgainLater(
        seconds: 1,
        ProxyError(
            status: 503,
            code: "proxy_busy",
            message: "The proxy has as many requests under way as it may have at once."
        )
    )
}

/// The place of one exchange; it is given back once, at the latest when nobody holds it any more.
final class ExchangeSlot: Sendable {
    private let slots: ExchangeSlots
    private let tenant: Tenant
    private let isHeld = Atomic(true)

    var environmentID: String { tenant.environmentID }

    fileprivate init(slots: ExchangeSlots, tenant: Tenant) {
        self.slots = slots
        self.tenant = tenant
    }

    deinit {
        release()
    }

    func release() {
        if isHeld.exchange(false, ordering: .relaxed) { slots.giveBack(tenant) }
    }
}

/// An error of ours whose reply says when to come again.
struct ComeAgainLater: Error {
    let seconds: Int
    let error: ProxyError

    init(seconds: Int, _ error: ProxyError) {
        self.seconds = seconds
        self.error = error
    }
}
