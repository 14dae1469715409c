import WhyOps
import WhyOpsStore

extension ProxyResponder {
    func exchange(
        _ request: ProxyRequest,
        _ path: ProxyPath,
        _ format: ExchangeFormat,
        _ admission: Admission
    ) throws -> Lookup<ProxyStep> {
        let tenant = admission.tenant
        let agentName = try agentName(request.headers, admission.grant)
        let externalUserID = try externalUserID(request.headers)
        let rule = admission.grant.signatures.rule(forAgent: agentName)
        return try collect(request, format.vendor) { body in
            let known = try services.keyring.lookUp(tenant).then { keys in
                try providers(of: tenant).then { .known((keys, $0)) }
            }
            return try known.then { keys, providers in
                var stripped = try RequestReading(body, format: format, keys: keys)
                let prefix = stripped.modelPrefix
                let route = try providers.route(prefix, vendor: format.vendor)
                if route.cutsModelPrefix, let prefix { stripped.cut(prefix) }
                let reading = stripped
                let provider = route.provider
                let lineage = Lineage(of: reading, keys: keys, agent: agentName, user: externalUserID)
                let header: @Sendable (String) -> String? = { request.headers[HeaderName(text: $0)] }
                let forward: @Sendable (TraceResolution) throws -> Lookup<ProxyStep> = { resolution in
                    let span = Identifiers.span()
                    let retry = services.retries.note(
                        RetryTable.Attempt(span: span, trace: resolution.id.text),
                        of: RetryTable.Request(
                            lineage,
                            tenant,
                            agent: agentName,
                            user: externalUserID,
                            byteCount: body.count
                        ),
                        header: header
                    )
                    var upstreamRequest = try services.upstream.request(request, path, provider: provider)
                    upstreamRequest.body = .whole(reading.forwarded)
                    upstreamRequest.trace = resolution.id.text
                    if provider.isWhyOps {
                        upstreamRequest.headers.replace(
                            UpstreamClient.hopHeaders(
                                trace: resolution.id,
                                agentName: agentName,
                                externalUserID: externalUserID
                            )
                        )
                    }
                    let plan = ExchangePlan(
                        services: services,
                        tenant: tenant,
                        provider: provider,
                        format: format,
                        model: reading.model,
                        reading: reading,
                        resolution: resolution,
                        events: ExchangeEvents(
                            resolution: resolution,
                            agentName: agentName,
                            externalUserID: externalUserID,
                            spanID: span,
                            provider: provider.name,
                            lineage: lineage,
                            retry: retry,
                            traceParent: header("traceparent")
                        ),
                        span: span,
                        frame: frame(for: resolution.id, reading, request.headers, rule, keys, tenant),
                        policy: rule.policy ?? services.configuration.signaturePolicy
                    )
                    return .known(.forward(upstreamRequest, plan))
                }
                return try services.echoes.traces(of: reading.turns, tenant: tenant).then { known in
                    let resolution = TraceResolution(
                        traceHeader: request.headers[.traceID],
                        threadHeader: request.headers[.threadID],
                        turns: reading.turns,
                        known: known,
                        harness: HarnessSession(header: header),
                        fresh: Moment.freshTraceID(),
                        acceptsV1: services.configuration.acceptsV1
                    )
                    guard resolution.source == .new else { return try forward(resolution) }
                    return try services.echoes.lineages.lookUp(lineage, tenant: tenant).then { trace in
                        try forward(resolution.joining(trace))
                    }
                }
            }
        }
    }

    /// The frame for the reply, as the request chooses it, else the rule, else the operator (EXC-22, EXC-26, PRX-20, PRX-21,
    /// PRX-176).
    private func frame(
        for id: TraceID,
        _ reading: RequestReading,
        _ headers: HeaderFields,
        _ rule: SignatureRule,
        _ keys: SigningKeys?,
        _ tenant: Tenant
    ) -> [UInt8]? {
        let configuration = services.configuration
        guard configuration.signature != .off, configuration.signaturePolicy != .off, reading.constraint == nil else {
            return nil
        }
        let asked = headers[.signature].flatMap { SignatureChoice(rawValue: $0.lowercased()) }
        switch asked ?? rule.signature ?? configuration.signature {
        case .v1: return InvisibleSignature.encodeV1(id)
        case .v2:
            if keys == nil { services.unsigned.note(tenant) }
            return keys.flatMap { InvisibleSignature.encodeV2(id, with: $0.active) }
        case .off: return nil
        }
    }

    /// The header's, else the key's, else the operator's (PRX-4).
    func agentName(_ headers: HeaderFields, _ grant: KeyGrant) throws -> String {
        let name =
            headers[.agentName].flatMap { $0.isEmpty ? nil : $0 } ?? grant.agentName
            ?? services.configuration.defaultAgent
        guard let name else {
            // PRX-4
            throw ProxyError(
                status: 400,
                code: "agent_name_missing",
                message: "The header X-Agent-Name is missing. Send it with every request, or start the proxy with "
                    + "--default-agent NAME (variable WHYOPS_DEFAULT_AGENT)."
            )
        }
        guard name.utf16.count <= 255 else {
            throw ProxyError(
                status: 400,
                code: "agent_name_too_long",
                message: "X-Agent-Name must have at most 255 characters."
            )
        }
        return name
    }

    func externalUserID(_ headers: HeaderFields) throws -> String? {
        guard let id = headers[.externalUserID], !id.isEmpty else { return nil }
        guard id.utf16.count <= 255 else {
            throw ProxyError(
                status: 400,
                code: "external_user_id_too_long",
                message: "X-External-User-Id must have at most 255 characters."
            )
        }
        return id
    }
}
