import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import WhyOps

/// A request of a route that is not recorded: forwarded with the credentials swapped, answered as it comes (PRX-2).
struct PassThroughCall: Sendable {
    let services: ProxyServices
    let provider: Provider
    let vendor: Vendor
    let request: HTTPClientRequest
    /// The answer to HEAD has a length and no body.
    let hasBody: Bool
    /// The request's body, where it goes on as it comes.
    let upload: UploadPump?

    func run(_ outlet: ReplyOutlet) async {
        let idle = IdleWatch(seconds: services.configuration.timeouts.idle)
        await idle.guarding { await perform(outlet, idle) }
    }

    private func perform(_ outlet: ReplyOutlet, _ idle: IdleWatch) async {
        let response: HTTPClientResponse
        do {
            response = try await services.upstream.execute(request, provider)
        } catch {
            await upload?.drain()
            if Task.isCancelled { return outlet.fail(error) }
            let fault = UpstreamClient.fault(error, provider: provider)
            var headers = HTTPFields()
            headers[.contentType] = "application/json"
            outlet.begin(
                ReplyHead(
                    status: fault.status,
                    headers: headers,
                    body: .whole(ByteBuffer(bytes: fault.body(for: vendor)))
                )
            )
            return outlet.finish()
        }
        let length = hasBody ? response.headers.first(name: "content-length").flatMap { Int($0) } : nil
        let headers = UpstreamClient.returned(response.headers)
        guard hasBody else {
            await upload?.drain()
            outlet.begin(ReplyHead(status: Int(response.status.code), headers: headers, body: .whole(ByteBuffer())))
            return outlet.finish()
        }
        outlet.begin(ReplyHead(status: Int(response.status.code), headers: headers, body: .stream(length: length)))
        do {
            var iterator = response.body.makeAsyncIterator()
            while let buffer = try await idle.next(&iterator) {
                await outlet.send(buffer)
                try Task.checkCancellation()
            }
        } catch {
            await upload?.drain()
            return outlet.fail(error)
        }
        await upload?.drain()
        outlet.finish()
    }
}
