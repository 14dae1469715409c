import Logging
import WhyOps
import WhyOpsEdge
import WhyOpsStore

/// Decides what happens with a request: reads what is asked, lets the core decide, and says what comes next.
struct ProxyResponder: Sendable {
    let services: ProxyServices

    /// What to do with a request whose head is in.
    func receive(_ request: ProxyRequest, _ path: ProxyPath, _ vendor: Vendor) -> Lookup<ProxyStep> {
        if let preflight = preflight(request, vendor) { return .known(.answer(preflight)) }
        return Self.answering(vendor) { try answer(request, path, vendor) }
    }

    /// PRX-100
    private func preflight(_ request: ProxyRequest, _ vendor: Vendor) -> ReplyHead? {
        let fields = services.configuration.crossOrigin?.preflight(
            method: request.method,
            origin: request.headers[.origin],
            asksFor: request.headers[.accessControlRequestMethod],
            names: request.headers[.accessControlRequestHeaders]
        )
        guard let fields else { return nil }
        var headers = HeaderFields()
        for field in fields { headers.append(name: field.name, value: field.value) }
        headers.append(vendor.requestID, Identifiers.span())
        return ReplyHead(status: 204, headers: headers, body: .whole([]))
    }

    private func answer(_ request: ProxyRequest, _ path: ProxyPath, _ vendor: Vendor) throws -> Lookup<ProxyStep> {
        if case .health = path.route { return health(path) }
        if request.headers[values: .via].contains(where: { $0.contains(services.upstream.instance) }) {
            throw ProxyError(
                status: 508,
                code: "proxy_loop",
                message: "This request has passed this proxy before: a provider's base address leads back to it."
            )
        }
        return try authenticate(request).then { admission in
            let headers = admission.headers
            let slot = try? admission.place.get()
            let step = Self.answering(vendor) {
                _ = try admission.place.get()
                if let error = admission.allowance?.error { throw error }
                return try self.perform(request, path, vendor, admission)
            }
            return try step.then { .known($0.adding(headers, slot)) }
        }
    }

    /// What a request gets on a connection that is one too many (PRX-93).
    func refuseConnection(_ path: ProxyPath, _ vendor: Vendor) -> ReplyHead {
        // Whoever watches the process must not take it for dead and end the others' replies.
        if case .health = path.route, path.path != Self.readiness { return Self.health }
        let error = ProxyError(
            status: 503,
            code: "too_many_connections",
            message: "The proxy has as many connections as it may have at once."
        )
        return Self.refusal(ComeAgainLater(seconds: 1, error), vendor)
    }

    private func perform(
        _ request: ProxyRequest,
        _ path: ProxyPath,
        _ vendor: Vendor,
        _ admission: Admission
    ) throws -> Lookup<ProxyStep> {
        // PRX-213
        if request.method == "TRACE" || request.method == "CONNECT" {
            throw ProxyError(
                status: 501,
                code: "not_supported",
                message: "\(request.method) is not proxied."
            )
        }
        switch path.route {
        case .health: return health(path)
        case .invalid:
            throw ProxyError(
                status: 400,
                code: "invalid_path",
                message: "The path holds a segment or character that is not forwarded."
            )
        case .realtime:
            throw ProxyError(
                status: 501,
                code: "not_supported",
                message: "Realtime and WebSocket connections are not proxied; connect to the provider directly."
            )
        case .agentInit:
            return try collect(request, vendor) {
                [store = services.store, limit = services.configuration.registrationLimit] body in
                .asked {
                    // What it began goes on, and takes its place until it is done (PRX-157): who registers the same
                    // again gets the same agent.
                    let answer = await FirstAnswer.within(limit) {
                        defer { withExtendedLifetime(admission) {} }
                        return await AgentInit.reply(to: body, tenant: admission.tenant, store: store)
                    }
                    guard let reply = answer else {
                        throw ProxyError(
                            status: 503,
                            code: "store_unavailable",
                            message: "The store of agents does not answer."
                        )
                    }
                    var head = ReplyHead.json(status: reply.status, reply.body)
                    head.headers.append(vendor.requestID, Identifiers.span())
                    return .answer(head)
                }
            }
        case .exchange(let format):
            return try exchange(request, path, format, admission)
        case .embeddings:
            return try embeddings(request, path, admission)
        case .passThrough:
            // PRX-15. Any other upgrade is an offer that need not be taken, as the `h2c` of Java's client.
            if request.headers[values: .upgrade].contains(where: { $0.lowercased().contains("websocket") }) {
                throw ProxyError(
                    status: 501,
                    code: "not_supported",
                    message: "Connections are not upgraded by this proxy."
                )
            }
            return try passThrough(request, path, vendor, admission.tenant)
        }
    }

    // MARK: What both need

    private func authenticate(_ request: ProxyRequest) throws -> Lookup<Admission> {
        guard let key = request.headers.key else {
            throw ProxyError(
                status: 401,
                code: "invalid_api_key",
                message: "No API key: send your WhyOps key as 'Authorization: Bearer' or 'x-api-key'."
            )
        }
        let known = services.tenants.known(key)
        if case .granted = known { return .known(try admission(known ?? .unknown)) }
        // PRX-96: counted before anybody is asked, so that requests at the same time are not all let through.
        let network = request.client.map { ClientNetwork($0) }
        if let wait = services.failedKeys.count(network) {
            // A key that was right a while ago is no guess.
            guard services.tenants.wasGranted(key) else { throw FailedKeys.refusal(retryAfter: wait) }
            return lookUp(key, countedFor: nil)
        }
        if let known { return .known(try admission(known)) }
        return lookUp(key, countedFor: network)
    }

    private func admission(_ access: KeyAccess) throws -> Admission {
        try Admission(access, limiter: services.limiter, slots: services.slots)
    }

    private func lookUp(_ key: String, countedFor network: ClientNetwork?) -> Lookup<Admission> {
        .asked { [services, self] in
            let access: KeyAccess
            do {
                access = try await services.tenants.access(forKey: key)
            } catch {
                services.failedKeys.giveBack(network)
                services.requestLog.cannotRead("Keys", error)
                throw ProxyError(status: 503, code: "store_unavailable", message: "The store of keys does not answer.")
            }
            if case .granted = access { services.failedKeys.giveBack(network) }
            // A client that has left meanwhile takes no place and nothing of its minute.
            try Task.checkCancellation()
            return try admission(access)
        }
    }

    /// The providers of an environment.
    func providers(of tenant: Tenant) -> Lookup<ProviderSet> {
        if let known = services.providers.known(tenant) { return .known(known) }
        return .asked { [services] in
            do {
                return try await services.providers.providers(of: tenant)
            } catch {
                services.requestLog.cannotRead("Providers", error)
                throw ProxyError(
                    status: 503,
                    code: "store_unavailable",
                    message: "The store of providers does not answer."
                )
            }
        }
    }

    /// Whose API a request is of.
    static func vendor(of path: ProxyPath, _ headers: HeaderFields) -> Vendor {
        path.vendor(
            hasAnthropicVersion: headers.contains(.anthropicVersion),
            hasAPIKeyHeader: headers.contains(.apiKey)
        )
    }

    /// Reads the body and goes on with it (PRX-13).
    func collect(
        _ request: ProxyRequest,
        _ vendor: Vendor,
        then next: @escaping @Sendable ([UInt8]) throws -> Lookup<ProxyStep>
    ) throws -> Lookup<ProxyStep> {
        guard let encoding = BodyEncoding(header: request.headers[.contentEncoding]) else {
            throw ProxyError(
                status: 415,
                code: "unsupported_content_encoding",
                message: "The content encoding '\(request.headers[.contentEncoding] ?? "")' is not supported; "
                    + "send the body as it is, or in gzip."
            )
        }
        let limit = services.configuration.maximumBodyBytes
        let step = ProxyStep.collect(limit: limit, encoding) { body in
            Self.answering(vendor) {
                switch body {
                case .whole(let bytes): return try next(bytes)
                case .tooLong: throw Self.tooLarge(limit)
                case .damaged: throw Self.damaged
                }
            }
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Self.tooLarge(limit)
        }
        return .known(step)
    }
}
