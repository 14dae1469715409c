import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import WhyOps
import WhyOpsStore

/// What a request carries beside itself: the connection, so that its end is noticed.
struct ProxyContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Answers the proxy's requests: reads what is asked, lets the core decide, and performs it.
struct ProxyResponder: HTTPResponder {
    typealias Context = ProxyContext

    let services: ProxyServices

    func respond(to request: Request, context: ProxyContext) async throws -> Response {
        let path = ProxyPath(method: request.method.rawValue, path: request.uri.path)
        let vendor = self.vendor(of: path, request.headers)
        return try await Self.refusing(vendor) { try await answer(request, path, vendor, context) }
    }

    /// What is refused becomes an answer.
    private static func refusing(_ vendor: Vendor, _ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let error as ProxyError {
            return response(error, vendor: vendor)
        } catch let fault as ExchangeFault {
            return response(ProxyError(fault), vendor: vendor)
        }
    }

    private func answer(
        _ request: Request,
        _ path: ProxyPath,
        _ vendor: Vendor,
        _ context: ProxyContext
    ) async throws -> Response {
        if case .health = path.route { return Self.health }
        if request.headers[values: .via].contains(where: { $0.contains(services.upstream.instance) }) {
            throw ProxyError(
                status: 508,
                code: "proxy_loop",
                message: "This request has passed this proxy before: a provider's base address leads back to it."
            )
        }
        let admission = try await authenticate(request.headers)
        var response = try await Self.refusing(vendor) {
            if let error = admission.allowance?.error { throw error }
            return try await perform(request, path, vendor, admission, context)
        }
        for (name, value) in admission.headers {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        return response
    }

    private func perform(
        _ request: Request,
        _ path: ProxyPath,
        _ vendor: Vendor,
        _ admission: Admission,
        _ context: ProxyContext
    ) async throws -> Response {
        switch path.route {
        case .health: return Self.health
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
            let body = try await collect(request)
            let reply = await AgentInit.reply(to: body, tenant: admission.tenant, store: services.store)
            return Self.json(status: reply.status, reply.body)
        case .exchange(let format):
            return try await exchange(request, path, format, admission, context)
        case .passThrough:
            // PRX-15. Any other upgrade is an offer that need not be taken, as the `h2c` of Java's client.
            if request.headers[values: .upgrade].contains(where: { $0.lowercased().contains("websocket") }) {
                throw ProxyError(
                    status: 501,
                    code: "not_supported",
                    message: "Connections are not upgraded by this proxy."
                )
            }
            return try await passThrough(request, path, vendor, admission.tenant, context)
        }
    }

    // MARK: What both need

    private func authenticate(_ headers: HTTPFields) async throws -> Admission {
        // PRX-3
        let bearer = headers[.authorization].flatMap {
            $0.prefix(7).lowercased() == "bearer " ? String($0.dropFirst(7)) : nil
        }
        guard let key = (bearer ?? headers[.apiKey])?.trimmingSpaces, !key.isEmpty else {
            throw ProxyError(
                status: 401,
                code: "invalid_api_key",
                message: "No API key: send your WhyOps key as 'Authorization: Bearer' or 'x-api-key'."
            )
        }
        let access: KeyAccess
        do {
            access = try await services.tenants.access(forKey: key)
        } catch {
            services.logger.error("Keys cannot be read", metadata: ["error": "\(error)"])
            throw ProxyError(status: 503, code: "store_unavailable", message: "The store of keys does not answer.")
        }
        return try Admission(access, limiter: services.limiter)
    }

    /// The providers of an environment.
    func providers(of tenant: Tenant) async throws -> ProviderSet {
        do {
            return try await services.providers.providers(of: tenant)
        } catch {
            services.logger.error("Providers cannot be read", metadata: ["error": "\(error)"])
            throw ProxyError(status: 503, code: "store_unavailable", message: "The store of providers does not answer.")
        }
    }

    private func vendor(of path: ProxyPath, _ headers: HTTPFields) -> Vendor {
        path.vendor(
            hasAnthropicVersion: headers[.anthropicVersion] != nil,
            hasAPIKeyHeader: headers[.apiKey] != nil
        )
    }

    func collect(_ request: Request) async throws -> [UInt8] {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw ProxyError(
                status: 415,
                code: "unsupported_content_encoding",
                message: "The content encoding '\(encoding)' is not supported; send the body as it is."
            )
        }
        let limit = services.configuration.maximumBodyBytes
        let tooLarge = ProxyError(
            status: 413,
            code: "request_too_large",
            message: "The request body has more than \(limit) bytes."
        )
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }

    func watch(_ context: ProxyContext) async -> ConnectionWatch? {
        try? await context.channel.pipeline.handler(type: ConnectionWatch.self).get()
    }

    // MARK: Responses

    private static var health: Response {
        json(status: 200, Array(#"{"status":"healthy","service":"whyops-proxy"}"#.utf8))
    }

    private static func json(status: Int, _ body: [UInt8]) -> Response {
        Response(
            status: .init(code: status),
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: body))
        )
    }

    private static func response(_ error: ProxyError, vendor: Vendor) -> Response {
        json(status: error.status, error.body(for: vendor))
    }
}

extension String {
    /// Without spaces and tabs at its ends.
    fileprivate var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
