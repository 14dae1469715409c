package import HTTPTypes
import Hummingbird
import Logging
import NIOCore
package import WhyOpsStore

/// The routes for one tenant inside a process that has the store open: no socket, no key, and the same answers as a service
/// gives.
package struct LocalIngest: Sendable {
    private let responder: RouterResponder<IngestContext>
    private let logger: Logger

    package init(store: any IngestStore, tenant: Tenant, configuration: IngestConfiguration) {
        responder = IngestServer(configuration: configuration, store: store).makeRouter(for: tenant).buildResponder()
        logger = configuration.logger
    }

    /// Asks as a client does.
    ///
    /// - Parameters:
    ///   - path: with its query, every part encoded.
    ///   - part: takes each part of the answer's body as it comes.
    /// - Returns: the answer's status.
    package func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        part: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Int {
        var fields = headers
        fields[.authorization] = "Bearer local"
        let request = Request(
            head: HTTPRequest(method: method, scheme: nil, authority: nil, path: path, headerFields: fields),
            body: .init(buffer: ByteBuffer(bytes: body))
        )
        let response = try await responder.respond(to: request, context: IngestContext(logger: logger))
        try await response.body.write(PartWriter(take: part))
        return response.status.code
    }
}

/// Hands on what a route writes.
private struct PartWriter: ResponseBodyWriter {
    let take: @Sendable ([UInt8]) async throws -> Void

    func write(_ buffer: ByteBuffer) async throws {
        try await take(Array(buffer.readableBytesView))
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
