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
        let provider = try provider(for: vendor)
        var upstreamRequest = services.upstream.request(request, path, provider: provider)
        var upload: UploadPump?
        let hasBody =
            request.headers[.transferEncoding] != nil || request.headers[.contentLength].map { $0 != "0" } == true
        if hasBody {
            let isPlainJSON =
                PassThroughBody.isJSON(contentType: request.headers[.contentType] ?? "")
                && request.headers[.contentEncoding] == nil
            if isPlainJSON {
                let body = try await collect(request)
                let keys = await services.keyring.keys(of: tenant)
                upstreamRequest.body = .bytes(ByteBuffer(bytes: PassThroughBody.forwarded(body, keys: keys)))
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
