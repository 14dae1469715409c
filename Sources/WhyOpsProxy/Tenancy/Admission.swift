import FoundationEssentials
import WhyOps
import WhyOpsEdge
import WhyOpsStore

/// Whom a request acts for, and what is left to its key.
struct Admission: Sendable {
    let grant: KeyGrant
    let allowance: RateLimiter.Allowance?
    /// The place of the exchange, or why it gets none.
    let place: Result<ExchangeSlot, ComeAgainLater>

    var tenant: Tenant { grant.tenant }

    /// The headers that every reply to the key has.
    var headers: [(name: String, value: String)] {
        allowance?.headers(at: Date().timeIntervalSince1970) ?? []
    }

    /// - Throws: `ProxyError` for a key that is not let in; the messages differ, the way there does not (PRX-34).
    init(_ access: KeyAccess, limiter: RateLimiter, slots: ExchangeSlots) throws(ProxyError) {
        let message: String
        switch access {
        case .granted(let grant):
            self.grant = grant
            place = slots.take(grant.tenant)
            // A request that gets no place is none of its minute's.
            if case .success = place { allowance = limiter.admit(grant) } else { allowance = limiter.look(grant) }
            return
        case .unknown: message = "The API key is not known here. It must be a WhyOps key, not a provider's."
        case .expired: message = "The API key has expired. Make another with 'whyops keys create'."
        case .revoked: message = "The API key has been revoked."
        case .projectInactive: message = "The project of the API key is not active."
        case .environmentInactive: message = "The environment of the API key is not active."
        }
        throw ProxyError(status: 401, code: "invalid_api_key", message: message)
    }
}

extension RateLimiter.Allowance {
    /// What a request that is one too many gets.
    var error: ProxyError? {
        guard let retryAfter else { return nil }
        return ProxyError(
            status: 429,
            code: "rate_limit_exceeded",
            message: "This WhyOps key may send \(limit) requests a minute; the next one is let through in "
                + "\(Int(retryAfter.rounded(.up))) s. The limit is the proxy's, not the provider's."
        )
    }
}

extension FailedKeys {
    /// What a request gets that is one too many.
    static func refusal(retryAfter seconds: Double) -> ComeAgainLater {
        let seconds = Int(seconds.rounded(.up))
        return ComeAgainLater(
            seconds: seconds,
            ProxyError(
                status: 429,
                code: "too_many_failed_keys",
                message: "Too many requests with keys that are not valid here came from this address; "
                    + "try again in \(seconds) s."
            )
        )
    }
}

extension UpstreamClient {
    /// What another WhyOps is told beside what every upstream is: our trace, whose call it is, and to sign nothing
    /// (PRX-44).
    static func hopHeaders(trace: TraceID?, agentName: String?, externalUserID: String?) -> [(
        name: String, value: String
    )] {
        var headers = [("x-whyops-signature", "off")]
        if let trace { headers.append(("x-trace-id", trace.text)) }
        if let agentName { headers.append(("x-agent-name", agentName)) }
        if let externalUserID { headers.append(("x-external-user-id", externalUserID)) }
        return headers
    }
}
