import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsStore

extension ProxyResponder {
    func exchange(
        _ request: Request,
        _ path: ProxyPath,
        _ format: ExchangeFormat,
        _ admission: Admission,
        _ context: ProxyContext
    ) async throws -> Response {
        let tenant = admission.tenant
        let agentName = try agentName(request.headers, admission.grant)
        let externalUserID = try externalUserID(request.headers)
        let body = try await collect(request)
        let keys = await services.keyring.keys(of: tenant)
        var reading = try RequestReading(body, format: format, keys: keys)
        let prefix = reading.modelPrefix
        let route = try await providers(of: tenant).route(prefix, vendor: format.vendor)
        let provider = route.provider
        if route.cutsModelPrefix, let prefix { reading.cut(prefix) }
        let lineage = Lineage(of: reading, keys: keys, agent: agentName, user: externalUserID)
        let header: (String) -> String? = { name in HTTPField.Name(name).flatMap { request.headers[$0] } }
        var resolution = TraceResolution(
            traceHeader: request.headers[.traceID],
            threadHeader: request.headers[.threadID],
            turns: reading.turns,
            known: await services.echoes.traces(of: reading.turns, tenant: tenant),
            harness: HarnessSession(header: header),
            fresh: Moment.freshTraceID(),
            acceptsV1: services.configuration.acceptsV1
        )
        if resolution.source == .new {
            resolution = resolution.joining(await services.echoes.lineages.trace(of: lineage, tenant: tenant))
        }
        let span = Identifiers.span()
        let retry = services.retries.note(
            RetryTable.Attempt(span: span, trace: resolution.id.text),
            of: RetryTable.Request(lineage, tenant, agent: agentName, user: externalUserID, byteCount: body.count),
            header: header
        )
        var upstreamRequest = services.upstream.request(request, path, provider: provider)
        upstreamRequest.body = .bytes(ByteBuffer(bytes: reading.forwarded))
        if provider.isWhyOps {
            let hop = UpstreamClient.hopHeaders(
                trace: resolution.id,
                agentName: agentName,
                externalUserID: externalUserID
            )
            for (name, value) in hop { upstreamRequest.headers.replaceOrAdd(name: name, value: value) }
        }
        let call = ExchangeCall(
            services: services,
            tenant: tenant,
            provider: provider,
            reading: reading,
            resolution: resolution,
            events: ExchangeEvents(
                resolution: resolution,
                agentName: agentName,
                externalUserID: externalUserID,
                spanID: span,
                provider: provider.name,
                lineage: lineage,
                retry: retry
            ),
            frame: frame(for: resolution.id, reading, request.headers, keys),
            request: upstreamRequest
        )
        let watch = await watch(context)
        services.recorder.begin()
        return try await ReplyOutlet().reply(watch: watch) { [recorder = services.recorder] outlet in
            await call.run(outlet)
            recorder.end()
        }
    }

    /// The frame for the reply, as the operator and then the request choose it (EXC-22, EXC-26, PRX-20, PRX-21).
    private func frame(
        for id: TraceID,
        _ reading: RequestReading,
        _ headers: HTTPFields,
        _ keys: SigningKeys?
    ) -> [UInt8]? {
        let configuration = services.configuration
        guard configuration.signature != .off, configuration.signaturePolicy != .off, reading.constraint == nil else {
            return nil
        }
        let asked = headers[.signature].flatMap { SignatureChoice(rawValue: $0.lowercased()) }
        switch asked ?? configuration.signature {
        case .v1: return InvisibleSignature.encodeV1(id)
        case .v2: return keys.flatMap { InvisibleSignature.encodeV2(id, with: $0.active) }
        case .off: return nil
        }
    }

    /// The header's, else the key's, else the operator's (PRX-4).
    private func agentName(_ headers: HTTPFields, _ grant: KeyGrant) throws -> String {
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

    private func externalUserID(_ headers: HTTPFields) throws -> String? {
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
