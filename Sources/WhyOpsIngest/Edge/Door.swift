import FoundationEssentials
import HTTPTypes
import WhyOps
import WhyOpsEdge
import WhyOpsStore

/// Lets keys in, or not (ING-2, ING-3, ING-100 to ING-102).
struct Door: Sendable {
    /// Who is let in without a look at the key: the routes are its process's own (`LocalIngest`).
    let guest: Tenant?
    let tenants: TenantDirectory
    let limiter: RateLimiter
    let failedKeys: FailedKeys

    /// The tenant of a key. A request counts for its limit once, whoever asks for the tenant again while it is answered.
    func tenant(forKey key: String) async throws -> Tenant {
        if let guest { return guest }
        let caller = Caller.current
        let message: String
        switch try await access(forKey: key, for: caller) {
        case .granted(let grant):
            try count(grant.tenant, for: caller)
            caller?.environmentID = grant.tenant.environmentID
            return grant.tenant
        case .unknown: message = "The API key is not known."
        case .expired: message = "The API key has expired."
        case .revoked: message = "The API key has been revoked."
        case .projectInactive: message = "The project of the API key is not active."
        case .environmentInactive: message = "The environment of the API key is not active."
        }
        throw Self.unauthorized(message)
    }

    static func unauthorized(_ message: String) -> Refusal {
        Refusal(
            401,
            "Unauthorized: Authentication required",
            message: message,
            headers: [.wwwAuthenticate: "Bearer"]
        )
    }

    /// ING-102, as the proxy does it (PRX-96).
    private func access(forKey key: String, for caller: Caller?) async throws -> KeyAccess {
        let known = tenants.known(key)
        if case .granted = known { return known ?? .unknown }
        let network = caller?.network
        if let wait = failedKeys.count(network) {
            // A key that was right a while ago is no guess.
            guard tenants.wasGranted(key) else { throw Self.tooManyFailures(wait) }
            return try await tenants.access(forKey: key)
        }
        if let known { return known }
        do {
            let access = try await tenants.access(forKey: key)
            if case .granted = access { failedKeys.giveBack(network) }
            return access
        } catch {
            failedKeys.giveBack(network)
            throw error
        }
    }

    private func count(_ tenant: Tenant, for caller: Caller?) throws {
        guard let caller, caller.allowance == nil, let allowance = limiter.admit(keyID: tenant.keyID) else { return }
        caller.allowance = allowance
        guard let retryAfter = allowance.retryAfter else { return }
        let moment = Timestamp(milliseconds: Int64(((Date().timeIntervalSince1970 + retryAfter) * 1000).rounded(.up)))
        throw Refusal(
            JSONReply(status: 429) { writer in
                writer.member("error", "Rate limit exceeded")
                writer.member("message", "Too many requests. Limit: \(allowance.limit) requests per 60 seconds")
                writer.member("retryAfter", moment.text)
            }
        )
    }

    private static func tooManyFailures(_ wait: Double) -> Refusal {
        let seconds = Int(wait.rounded(.up))
        return Refusal(
            429,
            "Too many failed keys",
            message:
                "Too many requests with keys that are not valid came from this address. Try again in \(seconds) s.",
            headers: [.retryAfter: "\(seconds)"]
        )
    }
}
