import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsStore

extension ProxyResponder {
    func passThrough(
        _ request: Request,
        _ path: ProxyPath,
        _ vendor: Vendor,
        _ tenant: Tenant,
        _ context: ProxyContext
    ) async throws -> Response {
        let providers = try await providers(of: tenant)
        var json: PassThroughBody?
        let hasBody =
            request.headers[.transferEncoding] != nil || request.headers[.contentLength].map { $0 != "0" } == true
        if hasBody {
            let isPlainJSON =
                PassThroughBody.isJSON(contentType: request.headers[.contentType] ?? "")
                && request.headers[.contentEncoding] == nil
            if isPlainJSON {
                let body = try await collect(request)
                json = PassThroughBody(body, keys: await services.keyring.keys(of: tenant))
            }
        }
        let route = try providers.route(json?.modelPrefix, vendor: vendor)
        let provider = route.provider
        var upstreamRequest = services.upstream.request(request, path, provider: provider)
        var upload: UploadPump?
        if hasBody {
            if let json {
                let forwarded = json.forwarded(cutsModelPrefix: route.cutsModelPrefix)
                upstreamRequest.body = .bytes(ByteBuffer(bytes: forwarded))
            } else {
                if let encoding = request.headers[.contentEncoding] {
                    upstreamRequest.headers.replaceOrAdd(name: "content-encoding", value: encoding)
                }
                let length = request.headers[.contentLength].flatMap { Int64($0) }
                let pump = UploadPump(request.body)
                upstreamRequest.body = .stream(pump.body, length: length.map { .known($0) } ?? .unknown)
                upload = pump
            }
        }
        if provider.isWhyOps {
            let hop = UpstreamClient.hopHeaders(
                trace: request.headers[.traceID].flatMap { TraceID($0) },
                agentName: request.headers[.agentName],
                externalUserID: request.headers[.externalUserID]
            )
            for (name, value) in hop { upstreamRequest.headers.replaceOrAdd(name: name, value: value) }
        }
        let call = PassThroughCall(
            services: services,
            provider: provider,
            vendor: vendor,
            request: upstreamRequest,
            hasBody: request.method != .head,
            upload: upload
        )
        return try await ReplyOutlet().reply(watch: await watch(context)) { await call.run($0) }
    }
}
