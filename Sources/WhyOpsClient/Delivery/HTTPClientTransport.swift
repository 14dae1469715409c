public import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Requests through AsyncHTTPClient.
public struct HTTPClientTransport: ClientTransport {
    /// What an answer may have; longer ones are none.
    private static let maximumAnswerBytes = 16 << 20

    /// What all clients of a process share; it lives as long as the process, so nobody has to shut it down.
    private static let shared: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // The key goes nowhere but where it was sent.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        // Where nobody listens, the client's own pauses decide when it is tried again.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private let client: HTTPClient

    /// The transport that clients share.
    public init() {
        self.client = Self.shared
    }

    /// A transport over the caller's client, whose settings (TLS, proxies, redirects) hold.
    public init(_ client: HTTPClient) {
        self.client = client
    }

    /// Sends a request once; what is not there after its time, head and body, is no answer.
    public func send(_ request: ClientRequest) async throws -> ClientResponse {
        // The HTTP client's own limit ends with the head of an answer.
        try await withThrowingTaskGroup(of: ClientResponse?.self) { group in
            group.addTask { try await exchange(request) }
            group.addTask {
                try await Task.sleep(for: request.timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let response = first else {
                throw HTTPClientError.deadlineExceeded
            }
            return response
        }
    }

    private func exchange(_ request: ClientRequest) async throws -> ClientResponse {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = .POST
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        outgoing.body = .bytes(request.body)
        let (seconds, attoseconds) = request.timeout.components
        let limit = TimeAmount.seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
        let response = try await client.execute(outgoing, timeout: limit)
        let body = try await response.body.collect(upTo: Self.maximumAnswerBytes)
        // A body that ends because nobody waits for it is not whole.
        try Task.checkCancellation()
        return ClientResponse(
            status: Int(response.status.code),
            headers: response.headers.map { (name: $0.name, value: $0.value) },
            body: Array(body.readableBytesView)
        )
    }
}
