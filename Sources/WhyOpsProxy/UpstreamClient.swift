import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOPosix
import WhyOps

/// Sends requests to upstreams: once each, never redirected, with nothing but the headers that may pass.
struct UpstreamClient: Sendable {
    let client: HTTPClient
    /// For providers whose connections must end in the open Internet.
    let guarded: HTTPClient
    let timeouts: UpstreamTimeouts
    /// The name of this proxy in `Via`; unlike any other's, so that a loop is seen (PRX-14).
    let instance: String

    static func makeClient(_ timeouts: UpstreamTimeouts, reach: UpstreamReach = .anywhere) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        if reach != .anywhere {
            configuration.http1_1ConnectionDebugInitializer = { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard reach.admits(channel.remoteAddress) else { throw ForbiddenAddress() }
                }
            }
            configuration.httpVersion = .http1Only
        }
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .nanoseconds(Int64(timeouts.connect * 1e9))
        // A limit between reads would count the wait for the head too; `IdleWatch` does not.
        configuration.timeout.read = nil
        // The default of 8 would make the ninth stream wait for one of the others to end.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 4096
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// A request as the upstream gets it, still without its body (PRX-6).
    func request(_ original: Request, _ path: ProxyPath, provider: Provider) -> HTTPClientRequest {
        let headers = original.headers
        var request = HTTPClientRequest(url: provider.url(for: path.path, query: original.uri.query))
        request.method = HTTPMethod(rawValue: original.method.rawValue)
        for field in headers where HeaderPolicy.forwards(field.name.canonicalName) {
            request.headers.add(name: field.name.rawName, value: field.value)
        }
        request.headers.replaceOrAdd(name: "accept-encoding", value: "identity")
        let via = (headers[values: .via] + ["1.1 \(instance)"]).joined(separator: ", ")
        request.headers.replaceOrAdd(name: "via", value: via)
        if let (name, value) = provider.credentialHeader { request.headers.replaceOrAdd(name: name, value: value) }
        return request
    }

    /// Sends a request and waits for the head of its reply.
    func execute(_ request: HTTPClientRequest, _ provider: Provider) async throws -> HTTPClientResponse {
        let client = provider.reach == .internet ? guarded : client
        return try await client.execute(request, timeout: .nanoseconds(Int64(timeouts.firstByte * 1e9)))
    }

    /// The headers of a reply that the client gets (PRX-7).
    static func returned(_ headers: HTTPHeaders) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers where HeaderPolicy.returns(name.lowercased()) {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    /// What a failed request tells the client (PRX-11).
    static func fault(_ error: any Error, provider: Provider) -> ProxyError {
        switch error as? HTTPClientError {
        case .readTimeout?, .deadlineExceeded?, .connectTimeout?, .tlsHandshakeTimeout?, .getConnectionFromPoolTimeout?:
            ProxyError(
                status: 504,
                code: "upstream_timeout",
                message: "The upstream '\(provider.name)' did not answer in time."
            )
        default:
            ProxyError(
                status: 502,
                code: "upstream_unreachable",
                message: "The upstream '\(provider.name)' could not be reached or broke the connection off "
                    + "(\(reason(error)))."
            )
        }
    }

    /// What an upstream that stopped in the middle of a reply tells the client (PRX-11).
    static func silence(_ seconds: Double, provider: Provider) -> ProxyError {
        ProxyError(
            status: 504,
            code: "upstream_timeout",
            message: "The upstream '\(provider.name)' sent nothing for \(seconds) seconds in the middle of its reply."
        )
    }

    /// A stream that ended in order, but before its reply did (EXC-60).
    static func cutOff(_ provider: Provider) -> ProxyError {
        ProxyError(
            status: 502,
            code: "upstream_incomplete",
            message: "The upstream '\(provider.name)' ended its stream before the reply was finished."
        )
    }

    /// The kind of a failure, without anything of what was sent.
    private static func reason(_ error: any Error) -> String {
        if error is ForbiddenAddress { return "its host leads to an address that no provider may have" }
        if let error = error as? HTTPClientError { return error.description }
        if error is NIOConnectionError { return "connection refused or host unknown" }
        if let error = error as? IOError { return "I/O error \(error.errnoCode)" }
        return String(describing: type(of: error))
    }
}

extension HTTPField.Name {
    // Both are valid names, so the initializer succeeds; the fallback is never taken.
    static let traceID = HTTPField.Name("X-Trace-ID") ?? .via
    static let threadID = HTTPField.Name("X-Thread-ID") ?? .via
    static let agentName = HTTPField.Name("X-Agent-Name") ?? .via
    static let externalUserID = HTTPField.Name("X-External-User-Id") ?? .via
    static let apiKey = HTTPField.Name("x-api-key") ?? .via
    static let anthropicVersion = HTTPField.Name("anthropic-version") ?? .via
    static let signature = HTTPField.Name("X-WhyOps-Signature") ?? .via
}
