import WhyOps
import WhyOpsStore

extension ProxyResponder {
    func passThrough(
        _ request: ProxyRequest,
        _ path: ProxyPath,
        _ vendor: Vendor,
        _ tenant: Tenant
    ) throws -> Lookup<ProxyStep> {
        try providers(of: tenant).then { providers in
            let isReadableJSON =
                request.hasBody && PassThroughBody.isJSON(contentType: request.headers[.contentType] ?? "")
                && BodyEncoding(header: request.headers[.contentEncoding]) != nil
            guard isReadableJSON else {
                let provider = try providers.route(nil, vendor: vendor).provider
                return try forward(request, path, vendor, tenant, provider, nil)
            }
            return try collect(request, vendor) { body in
                try services.keyring.lookUp(tenant).then { keys in
                    let json = PassThroughBody(body, keys: keys)
                    let route = try providers.route(json.modelPrefix, vendor: vendor)
                    let forwarded = json.forwarded(cutsModelPrefix: route.cutsModelPrefix)
                    let step = try forward(request, path, vendor, tenant, route.provider, forwarded)
                    services.metrics?.stripped(json.frames)
                    return step
                }
            }
        }
    }

    /// - Parameter body: the body that was read; `nil` where it goes on as it comes.
    private func forward(
        _ request: ProxyRequest,
        _ path: ProxyPath,
        _ vendor: Vendor,
        _ tenant: Tenant,
        _ provider: Provider,
        _ body: [UInt8]?
    ) throws -> Lookup<ProxyStep> {
        let concernsBatches = BatchReply.isExpected(at: path.reading)
        // A part of a reply about batches could not be read, and what is said of one does not hold for what it becomes.
        var upstreamRequest = try services.upstream.request(
            request,
            path,
            provider: provider,
            isUnread: !concernsBatches
        )
        if let body {
            upstreamRequest.body = .whole(body)
        } else if request.hasBody {
            if let encoding = request.headers[.contentEncoding] {
                upstreamRequest.headers.replace(.contentEncoding, encoding)
            }
            upstreamRequest.body = .streamed(length: request.headers[.contentLength].flatMap { Int($0) })
        }
        if provider.isWhyOps {
            upstreamRequest.headers.replace(
                UpstreamClient.hopHeaders(
                    trace: request.headers[single: .traceID].flatMap { TraceID(headerValue: $0) },
                    agentName: request.headers[.agentName],
                    externalUserID: request.headers[.externalUserID]
                )
            )
        }
        let plan = PassThroughPlan(
            services: services,
            tenant: tenant,
            provider: provider,
            vendor: vendor,
            hasBody: request.method != "HEAD",
            concernsBatches: concernsBatches
        )
        return .known(.forward(upstreamRequest, plan))
    }
}
