import WhyOps
import WhyOpsStore

extension ProxyResponder {
    /// A request for embeddings: it has no history, so that only headers say which trace it belongs to.
    func embeddings(_ request: ProxyRequest, _ path: ProxyPath, _ admission: Admission) throws -> Lookup<ProxyStep> {
        let tenant = admission.tenant
        let agentName = try agentName(request.headers, admission.grant)
        let externalUserID = try externalUserID(request.headers)
        return try collect(request, .openai) { body in
            let known = try services.keyring.lookUp(tenant).then { keys in
                try providers(of: tenant).then { .known((keys, $0)) }
            }
            return try known.then { keys, providers in
                var reading = try EmbeddingRequest(body, keys: keys)
                let route = try providers.route(reading.modelPrefix, vendor: .openai)
                if route.cutsModelPrefix, let prefix = reading.modelPrefix { reading.cut(prefix) }
                let header: (String) -> String? = { request.headers[HeaderName(text: $0)] }
                let resolution = TraceResolution(
                    traceHeader: request.headers[single: .traceID],
                    threadHeader: request.headers[single: .threadID],
                    turns: [],
                    known: [:],
                    harness: HarnessSession(header: header),
                    fresh: Moment.freshTraceID()
                )
                var upstreamRequest = try services.upstream.request(request, path, provider: route.provider)
                upstreamRequest.body = .whole(reading.forwarded)
                upstreamRequest.trace = resolution.id.text
                if route.provider.isWhyOps {
                    upstreamRequest.headers.replace(
                        UpstreamClient.hopHeaders(
                            trace: resolution.id,
                            agentName: agentName,
                            externalUserID: externalUserID
                        )
                    )
                }
                let span = Identifiers.span()
                let retry = RequestRetry.count(header: header("x-stainless-retry-count"))
                let plan = EmbeddingsPlan(
                    services: services,
                    tenant: tenant,
                    provider: route.provider,
                    reading: reading,
                    resolution: resolution,
                    span: span,
                    events: ExchangeEvents(
                        resolution: resolution,
                        agentName: agentName,
                        externalUserID: externalUserID,
                        spanID: span,
                        provider: route.provider.name,
                        retry: RequestRetry(count: retry, span: nil, trace: nil),
                        traceParent: header("traceparent")
                    )
                )
                return .known(.forward(upstreamRequest, plan))
            }
        }
    }
}
