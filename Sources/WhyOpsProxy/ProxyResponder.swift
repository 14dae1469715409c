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
        do {
            return try await answer(request, path, vendor, context)
        } catch let error as ProxyError {
            return Self.response(error, vendor: vendor)
        } catch let fault as ExchangeFault {
            return Self.response(ProxyError(fault), vendor: vendor)
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
        let tenant = try await authenticate(request.headers)
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
            let reply = await AgentInit.reply(to: body, tenant: tenant, store: services.store)
            return Self.json(status: reply.status, reply.body)
        case .exchange(let format):
            return try await exchange(request, path, format, tenant, context)
        case .passThrough:
            if request.headers[.upgrade] != nil {
                throw ProxyError(
                    status: 501,
                    code: "not_supported",
                    message: "Connections are not upgraded by this proxy."
                )
            }
            return try await passThrough(request, path, vendor, context)
        }
    }

    // MARK: Recorded routes

    private func exchange(
        _ request: Request,
        _ path: ProxyPath,
        _ format: ExchangeFormat,
        _ tenant: Tenant,
        _ context: ProxyContext
    ) async throws -> Response {
        let agentName = try agentName(request.headers)
        let body = try await collect(request)
        let reading = try RequestReading(body, format: format)
        let provider = try provider(for: format.vendor)
        let resolution = TraceResolution(
            traceHeader: request.headers[.traceID],
            threadHeader: request.headers[.threadID],
            turns: reading.turns,
            known: await services.echoes.traces(of: reading.turns, tenant: tenant),
            fresh: Moment.freshTraceID(),
            acceptsV1: services.configuration.acceptsV1
        )
        var upstreamRequest = services.upstream.request(
            request.method,
            path.path,
            query: request.uri.query,
            headers: request.headers,
            provider: provider
        )
        upstreamRequest.body = .bytes(ByteBuffer(bytes: reading.forwarded))
        let call = ExchangeCall(
            services: services,
            tenant: tenant,
            provider: provider,
            reading: reading,
            resolution: resolution,
            events: ExchangeEvents(
                resolution: resolution,
                agentName: agentName,
                externalUserID: request.headers[.externalUserID].flatMap { $0.isEmpty ? nil : $0 },
                spanID: Identifiers.span(),
                provider: provider.name
            ),
            frame: frame(for: resolution.id, reading, request.headers),
            request: upstreamRequest
        )
        let watch = await watch(context)
        services.recorder.begin()
        return try await ReplyOutlet().reply(watch: watch) { [recorder = services.recorder] outlet in
            await call.run(outlet)
            recorder.end()
        }
    }

    /// EXC-22, EXC-26.
    private func frame(for id: TraceID, _ reading: RequestReading, _ headers: HTTPFields) -> [UInt8]? {
        guard services.configuration.signs, services.configuration.signaturePolicy != .off,
            reading.constraint == nil, headers[.signature]?.lowercased() != "off"
        else { return nil }
        return InvisibleSignature.encodeV1(id)
    }

    private func agentName(_ headers: HTTPFields) throws -> String {
        let name = headers[.agentName].flatMap { $0.isEmpty ? nil : $0 } ?? services.configuration.defaultAgent
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

    // MARK: Other routes

    private func passThrough(
        _ request: Request,
        _ path: ProxyPath,
        _ vendor: Vendor,
        _ context: ProxyContext
    ) async throws -> Response {
        let provider = try provider(for: vendor)
        var upstreamRequest = services.upstream.request(
            request.method,
            path.path,
            query: request.uri.query,
            headers: request.headers,
            provider: provider
        )
        var upload: UploadPump?
        let hasBody =
            request.headers[.transferEncoding] != nil || request.headers[.contentLength].map { $0 != "0" } == true
        if hasBody {
            let isPlainJSON =
                PassThroughBody.isJSON(contentType: request.headers[.contentType] ?? "")
                && request.headers[.contentEncoding] == nil
            if isPlainJSON {
                let body = try await collect(request)
                upstreamRequest.body = .bytes(ByteBuffer(bytes: PassThroughBody.forwarded(body)))
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

    // MARK: What both need

    private func authenticate(_ headers: HTTPFields) async throws -> Tenant {
        // PRX-3
        let bearer = headers[.authorization].flatMap {
            $0.prefix(7).lowercased() == "bearer " ? String($0.dropFirst(7)) : nil
        }
        guard let key = (bearer ?? headers[.apiKey])?.trimmingSpaces, !key.isEmpty else {
            throw Self.unauthorized("No API key: send your WhyOps key as 'Authorization: Bearer' or 'x-api-key'.")
        }
        do {
            if let tenant = try await services.store.tenant(forKey: key) { return tenant }
        } catch {
            services.logger.error("Keys cannot be read", metadata: ["error": "\(error)"])
            throw ProxyError(status: 503, code: "store_unavailable", message: "The store of keys does not answer.")
        }
        throw Self.unauthorized("The API key is not known here. It must be a WhyOps key, not a provider's.")
    }

    private static func unauthorized(_ message: String) -> ProxyError {
        ProxyError(status: 401, code: "invalid_api_key", message: message)
    }

    private func provider(for vendor: Vendor) throws -> Provider {
        if let provider = services.configuration.providers[vendor] { return provider }
        let name = vendor.rawValue.uppercased()
        throw ProxyError(
            status: 400,
            code: "provider_missing",
            message:
                "No provider is configured for \(vendor.rawValue): set \(name)_API_KEY, and WHYOPS_\(name)_BASE_URL "
                + "for another address than the vendor's own."
        )
    }

    /// Both vendors have some paths; then the headers of Anthropic's clients tell.
    private func vendor(of path: ProxyPath, _ headers: HTTPFields) -> Vendor {
        path.vendor ?? (headers[.anthropicVersion] != nil || headers[.apiKey] != nil ? .anthropic : .openai)
    }

    private func collect(_ request: Request) async throws -> [UInt8] {
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

    private func watch(_ context: ProxyContext) async -> ConnectionWatch? {
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
