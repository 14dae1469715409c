import Synchronization
import WhyOps

/// How many exchanges may be under way, in the whole proxy and for each key (PRX-94, PRX-95).
final class ExchangeSlots: Sendable {
    private struct State {
        var total = 0
        /// Only keys that have any.
        var perKey: [String: Int] = [:]
    }

    private let limit: Int
    private let limitPerKey: Int
    private let state = Mutex(State())

    init(limit: Int, limitPerKey: Int) {
        self.limit = limit
        self.limitPerKey = limitPerKey
    }

    /// Takes a place for an exchange, or tells why there is none. Nobody waits for one.
    func take(keyID: String) -> Result<ExchangeSlot, ComeAgainLater> {
        let refusal: ComeAgainLater? = state.withLock { state in
            let own = state.perKey[keyID] ?? 0
            if own >= limitPerKey { return Self.busyKey(limitPerKey) }
            if state.total >= limit { return Self.busy }
            state.total += 1
            state.perKey[keyID] = own + 1
            return nil
        }
        if let refusal { return .failure(refusal) }
        return .success(ExchangeSlot(slots: self, keyID: keyID))
    }

    fileprivate func giveBack(keyID: String) {
        state.withLock { state in
            state.total -= 1
            let own = (state.perKey[keyID] ?? 1) - 1
            state.perKey[keyID] = own == 0 ? nil : own
        }
    }

    private static func busyKey(_ limit: Int) -> ComeAgainLater {
        ComeAgainLater(
            seconds: 1,
            ProxyError(
                status: 429,
                code: "too_many_exchanges",
                message: "This WhyOps key has \(limit) requests under way, which is as many as it may have at once. "
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
    private let keyID: String
    private let isHeld = Atomic(true)

    fileprivate init(slots: ExchangeSlots, keyID: String) {
        self.slots = slots
        self.keyID = keyID
    }

    deinit {
        release()
    }

    func release() {
        if isHeld.exchange(false, ordering: .relaxed) { slots.giveBack(keyID: keyID) }
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
