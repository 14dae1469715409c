import WhyOps
import WhyOpsStore

/// Replies of ours: what is refused, and that the process lives.
extension ProxyResponder {
    static let damaged = ProxyError(
        status: 400,
        code: "invalid_content_encoding",
        message: "The request body is said to be gzip, but is not, or not whole, or something stands behind it."
    )

    static func tooLarge(_ limit: Int) -> ProxyError {
        ProxyError(
            status: 413,
            code: "request_too_large",
            message: "The request body has more than \(limit) bytes."
        )
    }

    /// What a request gets whose body finds no room among those that are held (PRX-159).
    static func fullMemory(_ vendor: Vendor) -> ReplyHead {
        let error = ProxyError(
            status: 503,
            code: "proxy_busy",
            message: "The proxy holds as many bytes of requests and replies as it may have at once."
        )
        return refusal(ComeAgainLater(seconds: 1, error), vendor)
    }

    static let readiness = "/health/ready"

    /// That the process lives, or whether it can do its work: its store is asked (PRX-172).
    func health(_ path: ProxyPath) -> Lookup<ProxyStep> {
        guard path.path == Self.readiness else { return .known(.answer(Self.health)) }
        return .asked { [probe = services.storeProbe] in
            await probe.isHealthy()
                ? .answer(.json(status: 200, Array(#"{"status":"ready"}"#.utf8)))
                : .answer(.json(status: 503, Array(#"{"status":"not ready"}"#.utf8)))
        }
    }

    /// PRX-200; the version is that of the interface, as the original counts it.
    static var health: ReplyHead {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("status", "healthy")
            writer.member("service", "whyops-proxy")
            writer.member("version", "1.0.0")
            writer.member("timestamp", Identifiers.now())
        }
        return ReplyHead.json(status: 200, writer.bytes)
    }

    /// - Parameter id: what the reply names the request by.
    static func reply(_ error: ProxyError, _ vendor: Vendor, id: String = Identifiers.span()) -> ReplyHead {
        var reply = ReplyHead.json(status: error.status, error.body(for: vendor))
        reply.headers.append(vendor.requestID, id)
        reply.error = error.code
        // RFC 9110, 15.5.16: it says what would have been understood.
        if error.status == 415 { reply.headers.append(.acceptEncoding, "gzip") }
        return reply
    }

    /// Turns what a decision throws, now or later, into the reply that tells it.
    static func answering(
        _ vendor: Vendor,
        _ decide: () throws -> Lookup<ProxyStep>
    ) -> Lookup<ProxyStep> {
        do {
            switch try decide() {
            case .known(let step): return .known(step)
            case .asked(let ask):
                return .asked {
                    do { return try await ask() } catch { return .answer(refusal(error, vendor)) }
                }
            }
        } catch {
            return .known(.answer(refusal(error, vendor)))
        }
    }

    static func refusal(_ error: any Error, _ vendor: Vendor) -> ReplyHead {
        if let fault = error as? ExchangeFault { return reply(ProxyError(fault), vendor) }
        if let later = error as? ComeAgainLater {
            var reply = reply(later.error, vendor)
            reply.headers.append(name: "retry-after", value: "\(later.seconds)")
            return reply
        }
        let error =
            error as? ProxyError ?? ProxyError(status: 500, code: "internal", message: "The proxy failed to decide.")
        return reply(error, vendor)
    }
}
