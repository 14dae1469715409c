import AsyncHTTPClient
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import WhyOpsCommand
import WhyOpsConformance

/// A running proxy, called over HTTP with an upstream of the runner's own behind it (class `proxy`).
struct ProxyTarget {
    let url: String
    let key: String
    /// The port that the proxy takes for its providers'.
    let upstreamPort: Int

    /// Calls every case that a client can make, those about requests first.
    func results(_ cases: [ConformanceCase]) async throws -> [CaseResult] {
        let upstream = RecordingUpstream()
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: [CaseResult]?.self) { group in
            group.addTask {
                do {
                    try await upstream.application(port: upstreamPort) { isReady.finish() }.run()
                } catch is CancellationError {
                } catch {
                    throw CommandFailure("The upstream cannot listen on port \(upstreamPort): \(error)")
                }
                return nil
            }
            group.addTask {
                for await _ in ready {}
                let exchanges = cases.compactMap { subject in ProxyExchange(subject).map { (subject, $0) } }
                var results: [CaseResult] = []
                for isAboutRequest in [true, false] {
                    for (subject, exchange) in exchanges where exchange.isAboutRequest == isAboutRequest {
                        results.append(await result(subject, exchange, upstream))
                    }
                }
                return results
            }
            defer { group.cancelAll() }
            for try await results in group {
                if let results { return results }
            }
            return []
        }
    }

    private func result(
        _ subject: ConformanceCase,
        _ exchange: ProxyExchange,
        _ upstream: RecordingUpstream
    ) async -> CaseResult {
        func result(_ status: CaseResult.Status, _ detail: String?) -> CaseResult {
            let id = "proxy/" + subject.id
            return CaseResult(id: id, conformanceClass: .proxy, isOptional: false, status: status, detail: detail)
        }
        upstream.expect(exchange)
        do {
            let fault = exchange.fault(try await call(exchange, upstream))
            return result(fault == nil ? .pass : .fail, fault)
        } catch {
            return result(.error, "\(error)")
        }
    }

    private func call(
        _ exchange: ProxyExchange,
        _ upstream: RecordingUpstream
    ) async throws -> ProxyExchange.Observation {
        var request = HTTPClientRequest(url: url + exchange.path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Authorization", value: "Bearer \(key)")
        request.headers.add(name: "X-Agent-Name", value: "conformance")
        for (name, value) in exchange.headers { request.headers.replaceOrAdd(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: exchange.body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = Array(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        return ProxyExchange.Observation(
            forwarded: upstream.received,
            status: Int(response.status.code),
            traceID: response.headers.first(name: "X-Trace-ID"),
            body: body
        )
    }
}

/// A provider that gives the answer it was told to give and keeps what it was sent.
private final class RecordingUpstream: Sendable {
    private struct State {
        var exchange: ProxyExchange?
        var received: [UInt8]?
    }

    private let state = Mutex(State())

    var received: [UInt8]? { state.withLock { $0.received } }

    func expect(_ exchange: ProxyExchange) {
        state.withLock { $0 = State(exchange: exchange) }
    }

    func application(port: Int, onReady: @escaping @Sendable () -> Void) -> some ApplicationProtocol {
        let router = Router()
        router.post("**") { request, _ in try await self.answer(request) }
        return Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { _ in onReady() },
            logger: Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = Array(try await request.body.collect(upTo: 64 << 20).readableBytesView)
        let exchange = state.withLock { state in
            state.received = body
            return state.exchange
        }
        guard let exchange else { return Response(status: .internalServerError) }
        let type = exchange.isStream ? "text/event-stream" : "application/json"
        // Pieces of a prime length, so that few of them end where an event does.
        let pieces = stride(from: 0, to: exchange.reply.count, by: 61).map {
            Array(exchange.reply[$0..<min($0 + 61, exchange.reply.count)])
        }
        return Response(
            status: .init(code: exchange.status),
            headers: [.contentType: type],
            body: exchange.isStream
                ? .init { writer in
                    for piece in pieces { try await writer.write(ByteBuffer(bytes: piece)) }
                    try await writer.finish(nil)
                } : .init(byteBuffer: ByteBuffer(bytes: exchange.reply))
        )
    }
}
