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
            @Sendable func decide(_ keys: SigningKeys?, _ providers: ProviderSet) throws -> Lookup<ProxyStep> {
                var reading = try RequestReading(body, format: format, keys: keys)
                let prefix = reading.modelPrefix
                let route = try providers.route(prefix, vendor: format.vendor)
                if route.cutsModelPrefix, let prefix { reading.cut(prefix) }
                let decision = ExchangeDecision(
                    responder: self,
                    request: request,
                    path: path,
                    tenant: tenant,
                    agentName: agentName,
                    externalUserID: externalUserID,
                    rule: rule,
                    keys: keys,
                    provider: route.provider,
                    reading: reading,
                    byteCount: body.count
                )
                return try decision.stitch()
            }
            // Nearly always both are known, and then nothing is kept for later.
            switch (services.keyring.lookUp(tenant), providers(of: tenant)) {
            case (.known(let keys), .known(let providers)): return try decide(keys, providers)
            case (let keys, let providers):
                return .asked { try await decide(try await keys.value(), try await providers.value()).value() }
            }
        }
    }

    /// The frame for the reply, as the request chooses it, else the rule, else the operator (EXC-22, EXC-26, PRX-20, PRX-21,
    /// PRX-176).
    func frame(
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
